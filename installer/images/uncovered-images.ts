import type { KubeClient } from '../../apply/client/client.ts';
import { listAt, textAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import { REGISTRY_ADDRESS } from '../names.ts';
import { imageKey } from './image-keys.ts';

/** A container whose image does not come from the private registry, though it could or should. */
export interface UncoveredImage {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly image: string;
  /** The release holds it. */
  readonly inRelease: boolean;
  /** What the node says about pulling it; empty while nothing is wrong. */
  readonly problem: string;
}

const LISTS = ['initContainers', 'containers', 'ephemeralContainers'] as const;
const STATUSES = {
  initContainers: 'initContainerStatuses',
  containers: 'containerStatuses',
  ephemeralContainers: 'ephemeralContainerStatuses',
} as const;
const PULL_PROBLEM = /^(?:ErrImage|ImagePullBackOff|InvalidImageName|RegistryUnavailable)/;
/** What the registry itself stands on is not to depend on it. */
const LEFT_ALONE = 'kube-system';

/**
 * Containers anywhere in the cluster that ask for an image of the release elsewhere than at the private registry, or that
 * can't get their image from elsewhere.
 */
export async function uncoveredImages(
  client: Pick<KubeClient, 'list'>,
  map: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<UncoveredImage[]> {
  const { items } = await client.list({ apiVersion: 'v1', kind: 'Pod' }, { signal });
  return items.flatMap((pod) => uncoveredIn(pod, map));
}

export function uncoveredIn(pod: KubeObject, map: Readonly<Record<string, string>>): UncoveredImage[] {
  const { name, namespace = '' } = pod.metadata;
  return LISTS.flatMap((list) =>
    listAt(pod, 'spec', list).flatMap((container): UncoveredImage[] => {
      const image = textAt(container, 'image') ?? '';
      const own = textAt(container, 'name') ?? '';
      if (image === '' || image.startsWith(`${REGISTRY_ADDRESS}/`)) return [];
      const inRelease = Object.hasOwn(map, imageKey(image));
      const problem = pullProblem(pod, STATUSES[list], own);
      if (problem === '' && (!inRelease || namespace === LEFT_ALONE)) return [];
      return [{ namespace, pod: name, container: own, image, inRelease, problem }];
    }),
  );
}

function pullProblem(pod: KubeObject, statuses: string, container: string): string {
  const status = listAt(pod, 'status', statuses).find((each) => textAt(each, 'name') === container);
  const reason = textAt(status, 'state', 'waiting', 'reason') ?? '';
  if (!PULL_PROBLEM.test(reason)) return '';
  const message = textAt(status, 'state', 'waiting', 'message') ?? '';
  return message === '' ? reason : `${reason}: ${message.slice(0, 300)}`;
}
