import type { KubeClient } from '../../apply/client/client.ts';
import { listAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import type { Installation } from '../record/installation.ts';
import type { Checkpoint, CheckpointHead } from './checkpoint-head.ts';
import { keptOf } from './checkpoint-line.ts';
import { customResources, type ResourceKind, resourceKind } from './custom-resources.ts';
import { helmDigest } from './helm-digest.ts';
import { PartWriter } from './parts.ts';
import { settingNamespaces, settingsIn } from './settings.ts';

export interface CheckpointedComponent {
  readonly name: string;
  readonly namespace: string;
  /** Helm's, as it is now; absent where the component is not installed. */
  readonly revision?: number | undefined;
  readonly crds: readonly string[];
}

export interface TakeCheckpointInput {
  readonly client: Pick<KubeClient, 'get' | 'list' | 'pages'>;
  readonly installation: Pick<Installation, 'id' | 'release' | 'upgrade'>;
  readonly components: readonly CheckpointedComponent[];
  /** What the components' own backups have put out. */
  readonly backups?: readonly { readonly component: string; readonly output: Uint8Array }[] | undefined;
  readonly signal: AbortSignal;
}

/** Reads everything that going back needs, and changes nothing. */
export async function takeCheckpoint(input: TakeCheckpointInput): Promise<Checkpoint> {
  const { client, installation, signal } = input;
  const components = input.components.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const writer = new PartWriter();
  const heads: CheckpointHead['components'] = [];
  const kinds: CheckpointHead['kinds'] = [];
  for (const component of components) {
    const { name, namespace, revision, crds } = component;
    const digest = revision === undefined ? undefined : await helmDigest(client, component, revision, signal);
    heads.push({
      name,
      namespace,
      ...(revision === undefined ? {} : { revision }),
      ...(digest === undefined ? {} : { digest }),
      crds: crds.toSorted(),
    });
    for (const crd of await readDefinitions(client, crds, signal)) {
      const storedVersions = listAt(crd, 'status', 'storedVersions').map(String);
      await writer.add({ of: 'definition', component: name, object: keptOf(crd), storedVersions });
      const kind = resourceKind(crd);
      if (kind === undefined) continue;
      const objects = await addResources(input, kind, writer);
      kinds.push({ ...kind, leaves: [...kind.leaves], objects });
    }
  }
  const namespaces = settingNamespaces(components);
  let settings = 0;
  for (const namespace of namespaces) {
    for await (const { rule, object } of settingsIn({ client, signal }, namespace)) {
      await writer.add({ of: 'setting', uid: object.metadata.uid ?? '', rule, object: keptOf(object) });
      settings++;
    }
  }
  for (const { component, output } of input.backups ?? [])
    await writer.add({ of: 'backup', component, data: Buffer.from(output).toString('base64') });
  const parts = await writer.end();
  const { name, version, digest } = installation.release;
  return {
    id: tagOf(installation.upgrade?.id ?? version),
    head: {
      format: 1,
      installation: installation.id,
      release: { name, version, digest },
      components: heads,
      kinds,
      namespaces,
      settings,
      bytes: writer.bytes,
    },
    parts,
  };
}

async function addResources(
  { client, signal }: TakeCheckpointInput,
  kind: ResourceKind,
  writer: PartWriter,
): Promise<number> {
  if (kind.rule === 'never') return 0;
  let count = 0;
  for await (const object of customResources({ client, signal }, kind)) {
    await writer.add({ of: 'resource', uid: object.metadata.uid ?? '', object: keptOf(object) });
    count++;
  }
  return count;
}

async function readDefinitions(
  client: Pick<KubeClient, 'get'>,
  names: readonly string[],
  signal: AbortSignal,
): Promise<KubeObject[]> {
  const found = await Promise.all(
    names.toSorted().map((name) => client.get(definitionReference(name), { signal })),
  );
  return found.filter((crd) => crd !== undefined);
}

export function definitionReference(name: string) {
  return { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name } };
}

// distribution-spec, "Pulling manifests": what a tag may be made of.
function tagOf(id: string): string {
  return id.replace(/[^\w.-]/g, '-').slice(0, 128);
}
