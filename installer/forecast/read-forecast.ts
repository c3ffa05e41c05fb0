import { numberAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import { piecesOf } from '../../bundle/release-bundle.ts';
import { type ContentPiece, totalBytes } from '../../bundle/release-contents.ts';
import type { Digest } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import type { Store } from '../../content/store.ts';
import { NAMESPACE } from '../names.ts';
import { newImages } from '../upgrade/component-changes.ts';
import { missingPieces } from './content-need.ts';
import type {
  ComponentForecast,
  ContentForecast,
  RegistryForecast,
  ReleaseVersion,
  UpgradeForecast,
} from './forecast.ts';
import { type KubeletRoom, readKubeletRoom } from './kubelet-room.ts';
import { forecastNodes } from './node-need.ts';
import { forecastPhases } from './phases.ts';
import { podStarts } from './pod-starts.ts';
import { ratesOf } from './rates.ts';
import { registryRoom } from './registry-room.ts';
import { forecastResources } from './resources.ts';
import type { UpgradeSubject } from './upgrade-subject.ts';
import { forecastWorkloads, nameOf } from './workloads.ts';

export interface ForecastInput {
  readonly subject: UpgradeSubject;
  /** The registry in the cluster; undefined where it can't be asked. */
  readonly registry: Store | undefined;
  /** What earlier hops will have brought there. */
  readonly brought: ReadonlySet<Digest>;
}

export interface ReadForecast {
  readonly forecast: UpgradeForecast;
  /** What the registry will hold afterwards, of this release. */
  readonly brought: readonly Digest[];
}

/** Measures what an upgrade needs, in the cluster as it is. Changes nothing. */
export async function readForecast({ subject, registry, brought }: ForecastInput): Promise<ReadForecast> {
  const { installation, from, to, changes } = subject;
  const { client, signal } = subject.engine;
  const [pieces, nodes, claims] = await Promise.all([
    piecesOf(to, { signal }),
    listed(subject, { apiVersion: 'v1', kind: 'Node' }),
    listed(subject, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: NAMESPACE }),
  ]);
  const room = await readKubeletRoom(
    client,
    nodes.map(({ metadata }) => metadata.name),
    signal,
  );
  const content = await contentOf({ subject, registry, brought, pieces });
  const resources = await forecastResources({
    ...{ client, signal, rendered: subject.components.map(({ after }) => after) },
    components: changes.filter(({ action }) => action !== 'keep'),
  });
  const components = await componentsOf(subject);
  const pulled = newImages(from.release, to.release, changes);
  const forecastOfNodes = await forecastNodes(
    {
      nodes,
      wanted: {
        store: to.store,
        images: to.release.images.filter(({ digest }) =>
          pulled.some((place) => place.endsWith(`@${digest}`)),
        ),
      },
      before: { store: from.store, images: from.release.images },
      free: room.images,
    },
    { signal },
  );
  const rates = ratesOf(installation, from.bytes);
  const gates = new Map(to.release.components.map(({ name, gate }) => [name, gate?.soakSeconds ?? 0]));
  const soak = (name: string) => gates.get(name) ?? 0;
  const phases = forecastPhases({ rates, content, nodes: forecastOfNodes, components, resources, soak });
  const forecast: UpgradeForecast = {
    ...{ from: versionOf(from), to: versionOf(to), components, content, resources, phases },
    registry: roomOf(content, claims, room),
    nodes: forecastOfNodes,
    seconds: phases.reduce((sum, { seconds }) => sum + seconds, 0),
    measured: rates.measured,
  };
  return { forecast, brought: pieces.map(({ digest }) => digest) };
}

async function contentOf({
  subject: { engine, to },
  registry,
  brought,
  pieces,
}: ForecastInput & { readonly pieces: readonly ContentPiece[] }): Promise<ContentForecast> {
  const one = { images: to.release.images.length, bytes: totalBytes(pieces) };
  const nothing = { ...one, importBytes: undefined, importPieces: undefined };
  if (registry === undefined) return nothing;
  try {
    const missing = await missingPieces(registry, pieces, brought, { signal: engine.signal });
    return { ...one, importBytes: totalBytes(missing), importPieces: missing.length };
  } catch (error) {
    // The plan says that it is not known; an upgrade would find out what is wrong.
    if (isSkerryError(error)) return nothing;
    throw error;
  }
}

async function componentsOf({
  engine,
  from,
  to,
  changes,
  components,
}: UpgradeSubject): Promise<ComponentForecast[]> {
  const { client, signal } = engine;
  const versions = (release: typeof to.release) =>
    new Map(release.components.map(({ name, chart }) => [name, chart.tag]));
  const [before, after] = [versions(from.release), versions(to.release)];
  const forecasts: ComponentForecast[] = [];
  for (const { name, namespace, action } of changes) {
    const found = components.find((component) => component.name === name);
    const pods = found && (await client.list({ apiVersion: 'v1', kind: 'Pod', namespace }, { signal })).items;
    const workloads =
      found === undefined
        ? []
        : forecastWorkloads({
            before: found.before,
            after: found.after.objects,
            replicas: await replicasOf(engine, found.before),
            startSeconds: podStarts(pods ?? []),
          });
    forecasts.push({
      ...{ name, namespace, action, workloads },
      before: before.get(name),
      after: after.get(name),
      downtimeSeconds: Math.max(0, ...workloads.map(({ downtimeSeconds }) => downtimeSeconds)),
    });
  }
  return forecasts;
}

/** How many replicas are asked for now: an autoscaler or an operator may have changed it. */
async function replicasOf({ client, signal }: UpgradeSubject['engine'], objects: readonly KubeObject[]) {
  const replicas = new Map<string, number>();
  for (const object of objects.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet')) {
    const count = numberAt(await client.get(object, { signal }), 'spec', 'replicas');
    if (count !== undefined) replicas.set(nameOf(object), count);
  }
  return replicas;
}

function roomOf(
  content: ContentForecast,
  claims: readonly KubeObject[],
  room: KubeletRoom,
): RegistryForecast {
  return { needBytes: content.importBytes ?? content.bytes, ...registryRoom(claims, room) };
}

async function listed(
  { engine: { client, signal } }: UpgradeSubject,
  selection: { apiVersion: string; kind: string; namespace?: string },
): Promise<readonly KubeObject[]> {
  return (await client.list(selection, { signal })).items;
}

function versionOf({
  release: { name, version },
  address: { digest },
}: UpgradeSubject['to']): ReleaseVersion {
  return { name, version, digest };
}
