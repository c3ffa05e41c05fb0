import { listAt, textAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import type { CheckContext, Found, UpgradeCheck } from './finding.ts';

const DEFAULT = 'storageclass.kubernetes.io/is-default-class';

export const storage: UpgradeCheck = {
  id: 'storage',
  title: 'Volumes are bound, and new ones have a storage class',
  ofRelease: false,
  run: async (context) => [...(await unboundClaims(context)), ...(await newClaims(context))],
};

async function unboundClaims({ subject: { engine, installation } }: CheckContext): Promise<Found[]> {
  const { client, signal } = engine;
  const found: Found[] = [];
  for (const namespace of new Set(installation.components.map((component) => component.namespace))) {
    const claims = await client.list(
      { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace },
      { signal },
    );
    for (const { metadata, status } of claims.items) {
      const phase = textAt(status, 'phase');
      if (phase === undefined || phase === 'Bound') continue;
      found.push({
        severity: phase === 'Lost' ? 'blocks' : 'warns',
        subject: `PersistentVolumeClaim ${namespace}/${metadata.name}`,
        message: `it is ${phase}`,
        remedy: 'See that its volume is there; kubectl describe says what it waits for.',
      });
    }
  }
  return found;
}

async function newClaims({ subject: { engine, components } }: CheckContext): Promise<Found[]> {
  const { client, signal } = engine;
  const wanted = components.flatMap(({ name, before, after }) => {
    const old = new Set(before.flatMap(claimsOf).map(({ claim }) => claim));
    return after.objects
      .flatMap(claimsOf)
      .filter(({ claim }) => !old.has(claim))
      .map((claim) => ({ component: name, ...claim }));
  });
  if (wanted.length === 0) return [];
  const { items } = await client.list({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass' }, { signal });
  const names = items.map(({ metadata }) => metadata.name);
  const hasDefault = items.some(({ metadata }) => metadata.annotations?.[DEFAULT] === 'true');
  return wanted
    .filter(({ className }) => (className === undefined ? !hasDefault : !names.includes(className)))
    .map(({ component, claim, className }) => ({
      severity: 'blocks',
      subject: `component ${component}: ${claim}`,
      message:
        className === undefined
          ? 'it takes the default storage class, and there is none'
          : `there is no storage class ${className}`,
      remedy: `Make one, or mark one as the default. There are: ${names.join(', ') || 'none'}.`,
    }));
}

function claimsOf(object: KubeObject): { claim: string; className: string | undefined }[] {
  if (object.kind === 'PersistentVolumeClaim')
    return [{ claim: `PersistentVolumeClaim ${object.metadata.name}`, className: classOf(object) }];
  if (object.kind !== 'StatefulSet') return [];
  return listAt(object, 'spec', 'volumeClaimTemplates').map((template) => ({
    claim: `StatefulSet ${object.metadata.name}, volume ${textAt(template, 'metadata', 'name') ?? ''}`,
    className: classOf(template),
  }));
}

// An empty name asks for no class at all: somebody brings the volume.
function classOf(claim: unknown): string | undefined {
  return textAt(claim, 'spec', 'storageClassName');
}
