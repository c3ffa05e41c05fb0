import type { KubeClient } from '../apply/client/client.ts';
import type { Helm } from '../apply/helm/helm.ts';
import { listAt, textAt } from '../apply/json.ts';
import type { KubeObject } from '../apply/object.ts';
import { type ComponentState, readComponents } from '../apply/release/state.ts';
import { type Inventory, readInventory } from './certificates/inventory.ts';
import { type ChannelCountdown, readChannelCountdown } from './channel-countdown.ts';
import { installerError } from './errors.ts';
import { type ImageWay, readImageMap, readImageWay } from './images/image-way.ts';
import { type UncoveredImage, uncoveredImages } from './images/uncovered-images.ts';
import { NAMESPACE, REGISTRY_ADDRESS } from './names.ts';
import { readOwnObjects } from './ownership/own-objects.ts';
import { ownProblems } from './ownership/own-state.ts';
import { type Installation, readInstallation } from './record/installation.ts';
import { countGuarded, type GuardedCount } from './uninstall/count-guarded.ts';

export interface Status {
  readonly installation: Installation;
  readonly components: readonly ComponentState[];
  /** Where the registry's address leads. */
  readonly registry: 'cluster' | 'workstation' | 'broken';
  /** What the installer made and is not as it should be. */
  readonly problems: readonly string[];
  readonly containers: readonly ContainerState[];
  /** How pods that are made later get images of the release; absent before that was set up. */
  readonly images: (ImageWay & { readonly uncovered: readonly UncoveredImage[] }) | undefined;
  /** What is managed with the installation, and goes by its word alone; absent where it may not be counted. */
  readonly guarded?: readonly GuardedCount[] | undefined;
  /** What ends some day, with its dates. */
  readonly certificates: Inventory;
  /** Absent where no channel was seen yet. */
  readonly channel?: ChannelCountdown | undefined;
  readonly healthy: boolean;
}

export interface ContainerState {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** As the pod asks for it. */
  readonly image: string;
  /** What really runs, or empty while nothing does. */
  readonly digest: string;
  readonly node: string;
  readonly state: string;
  /** Came through the private registry. */
  readonly fromRegistry: boolean;
}

/** What is installed and how it is. Changes nothing. Throws NOT_INSTALLED. */
export async function readStatus(
  client: KubeClient,
  helm: Helm,
  signal: AbortSignal,
  now: () => Date = () => new Date(),
): Promise<Status> {
  const stored = await readInstallation(client, { signal });
  if (stored === undefined) throw installerError('NOT_INSTALLED', { subject: client.server });
  const { installation } = stored;
  const components = await readComponents({ client, helm, signal }, installation.components);
  const namespaces = [...new Set([NAMESPACE, ...installation.components.map(({ namespace }) => namespace)])];
  const own = await readOwnObjects(client, signal);
  const found = own === undefined ? [] : await ownProblems(installation, own, registryPhase(installation));
  const isBroken = found.some(({ about }) => about === 'address');
  const registry = isBroken ? 'broken' : own?.slice === undefined ? 'cluster' : 'workstation';
  const containers = (
    await Promise.all(namespaces.map((namespace) => readContainers(client, namespace, signal)))
  ).flat();
  const problems = found.map(({ text }) => text);
  const images = await readImages(client, signal);
  const guarded = await countGuarded(client, installation, signal);
  const certificates = await readInventory({ client, namespaces, now, signal });
  const channel = await readChannelCountdown(client, now(), signal);
  const stuck = images?.uncovered.some(
    ({ namespace, problem }) => problem !== '' && namespaces.includes(namespace),
  );
  const healthy =
    installation.state === 'installed' &&
    problems.length === 0 &&
    components.every((component) => component.healthy) &&
    // The end of an agent's certificate is its cluster's trouble, and the hub's alert.
    !certificates.certificates.some(({ state, where }) => state === 'ended' && where.startsWith('Secret')) &&
    stuck !== true;
  return {
    ...{ installation, components, registry, problems, containers, images, guarded, certificates },
    ...(channel === undefined ? {} : { channel }),
    healthy,
  };
}

async function readImages(client: KubeClient, signal: AbortSignal): Promise<Status['images']> {
  const way = await readImageWay(client, signal);
  if (way === undefined) return undefined;
  const map = (await readImageMap(client, signal)) ?? {};
  return { ...way, uncovered: await uncoveredImages(client, map, signal) };
}

/** The registry is the first component that a journal tells of. */
function registryPhase({ phases }: Installation): string {
  return phases.find(({ id }) => id.startsWith('component-'))?.id ?? '';
}

async function readContainers(
  client: KubeClient,
  namespace: string,
  signal: AbortSignal,
): Promise<ContainerState[]> {
  const { items } = await client.list({ apiVersion: 'v1', kind: 'Pod', namespace }, { signal });
  return items.flatMap((pod) =>
    [...listAt(pod, 'status', 'initContainerStatuses'), ...listAt(pod, 'status', 'containerStatuses')].map(
      (status) => containerState(pod, status),
    ),
  );
}

function containerState(pod: KubeObject, status: unknown): ContainerState {
  const name = textAt(status, 'name') ?? '';
  const spec = [...listAt(pod, 'spec', 'initContainers'), ...listAt(pod, 'spec', 'containers')].find(
    (candidate) => textAt(candidate, 'name') === name,
  );
  const image = textAt(spec, 'image') ?? '';
  const state =
    status !== null &&
    typeof status === 'object' &&
    'state' in status &&
    status.state !== null &&
    typeof status.state === 'object'
      ? status.state
      : {};
  return {
    namespace: pod.metadata.namespace ?? '',
    pod: pod.metadata.name,
    container: name,
    image,
    digest: /sha(?:256|512):[0-9a-f]+$/.exec(textAt(status, 'imageID') ?? '')?.[0] ?? '',
    node: textAt(pod, 'spec', 'nodeName') ?? '',
    state: Object.keys(state)[0] ?? 'unknown',
    fromRegistry: image.startsWith(`${REGISTRY_ADDRESS}/`),
  };
}
