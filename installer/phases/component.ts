import { objectAt } from '../../apply/json.ts';
import { installComponent } from '../../apply/release/install.ts';
import { uninstallComponent } from '../../apply/release/uninstall.ts';
import type { LockedRelease } from '../../bundle/locked-release.ts';
import type { Store } from '../../content/store.ts';
import { componentOf, engineComponent, isRegistry } from '../component.ts';
import { NAMESPACE, STORE_SERVICE } from '../names.ts';
import { ensureNamespace } from '../ownership/namespaces.ts';
import { ensurePushAccess } from '../ownership/push-access.ts';
import { markForHelm, takeOver } from '../ownership/take-over.ts';
import type { Journal } from '../record/journal.ts';
import type { Phase, PhaseContext } from './phase.ts';

/** A component of the release, CRDs and health gate included. */
export function componentPhase(name: string): Phase {
  const id = `component-${name}`;
  return {
    id,
    plan: ({ release, done, mend }) => {
      const { chart, namespace } = componentOf(release, name);
      return {
        title: `Install ${name} ${chart.tag} in ${namespace}`,
        state: done.has(id) && !mend.has(id) ? 'done' : 'run',
      };
    },
    run: (context, onProgress) =>
      applyComponent({ ...context, source: context.bundle }, name, { onProgress }),
    undo: async ({ client, helm, installation, signal }, onProgress) => {
      const found = installation.components.find((component) => component.name === name);
      if (found === undefined) return;
      await uninstallComponent({ client, helm, signal }, { name, namespace: found.namespace }, onProgress);
    },
  };
}

export interface ApplyContext
  extends Pick<
    PhaseContext,
    | 'client'
    | 'helm'
    | 'scratch'
    | 'storage'
    | 'journal'
    | 'onConflict'
    | 'random'
    | 'hashPassword'
    | 'rendered'
    | 'signal'
  > {
  /** The release, and where its charts are. */
  readonly source: { readonly release: LockedRelease; readonly store: Store };
}

export interface ApplyOptions {
  readonly onProgress: (text: string) => void;
  /** Whether stored objects may lose fields under changed CRDs; `refused` when absent. */
  readonly losses?: 'refused' | 'allowed' | undefined;
}

/** Installs a component or upgrades it to what a release says, CRDs first and its health gate last. */
export async function applyComponent(
  context: ApplyContext,
  name: string,
  { onProgress, losses }: ApplyOptions,
): Promise<void> {
  const { client, source, storage, journal, signal } = context;
  const { release, store } = source;
  const component = engineComponent(release, name, { store, storage });
  await ensureNamespace(client, journal, component.namespace, signal);
  if (isRegistry(release, name)) await giveAccess(context, onProgress);
  const rendered = context.rendered.find((one) => one.name === name);
  const all = [...(rendered?.crds ?? []), ...(rendered?.objects ?? [])];
  await markForHelm({ client, journal, component, signal }, all);
  const isOurs = notAdopted(journal);
  await installComponent({ ...context, signal }, component, {
    onConflict: context.onConflict,
    onCrds: (names) => journal.noteCrds(name, names.filter(isOurs), { signal }),
    onProgress,
    prepare: (rendering) => takeOver({ client, journal, component, signal }, rendering),
    losses,
  });
}

function notAdopted({ installation: { adopted } }: Journal): (crd: string) => boolean {
  return (crd) => !adopted.includes(`CustomResourceDefinition.apiextensions.k8s.io/${crd}`);
}

// Pods follow their users file, but a kubelet may bring a changed Secret as late as two minutes after; a new pod has it
// from its start, and the health gate waits for it.
async function giveAccess(context: ApplyContext, onProgress: (text: string) => void): Promise<void> {
  const { client, journal, signal, random: password, hashPassword: hash } = context;
  const { id } = journal.installation;
  if (!(await ensurePushAccess({ client, id, password, hash, signal }))) return;
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: STORE_SERVICE, namespace: NAMESPACE },
  };
  const selector = Object.entries(objectAt(await client.get(service, { signal }), 'spec', 'selector') ?? {});
  if (selector.length === 0) return;
  onProgress('new credentials');
  const labelSelector = selector.map(([key, value]) => `${key}=${String(value)}`).join(',');
  const pods = await client.list(
    { apiVersion: 'v1', kind: 'Pod', namespace: NAMESPACE, labelSelector },
    { signal },
  );
  for (const pod of pods.items) await client.delete(pod, { uid: pod.metadata.uid, signal });
}
