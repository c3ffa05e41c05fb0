import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient, ObjectReference } from '../../apply/client/client.ts';
import { isJsonObject, listAt, objectAt, textAt } from '../../apply/json.ts';
import type { KubeObject } from '../../apply/object.ts';
import { isSkerryError } from '../../content/error.ts';
import { LABELS, NAMESPACE } from '../names.ts';
import {
  imageMapObject,
  imageMapReference,
  imagePolicy,
  imagePolicyReferences,
  POLICY_GROUP,
  POLICY_KIND,
} from './image-policy.ts';

/** How images of pods that are made later get to the private registry. */
export interface ImageWay {
  /** `policy`: the API server turns them. `none`: only files on the nodes could (skerry node-config). */
  readonly way: 'policy' | 'none';
  /** The apiVersion of the policy; undefined where the cluster does not serve the kind. */
  readonly apiVersion: string | undefined;
  /** A pod that was tried (and not kept) got its image turned. */
  readonly works: boolean;
}

/** Versions of the policy that can be relied on, the best first. v1 comes with 1.36; v1beta1 is off unless switched on. */
const VERSIONS = ['v1', 'v1beta1'];
const POLL_MS = 250;
/** The API server takes a policy up within a second or two. */
const TAKEN_UP_MS = 20_000;

/** The apiVersion under which this cluster serves policies that change what is admitted. */
export async function policyVersion(
  client: Pick<KubeClient, 'isServed'>,
  signal?: AbortSignal,
): Promise<string | undefined> {
  for (const version of VERSIONS) {
    const apiVersion = `${POLICY_GROUP}/${version}`;
    if (await client.isServed(apiVersion, POLICY_KIND, { signal })) return apiVersion;
  }
  return undefined;
}

export interface ImageWayInput {
  readonly client: KubeClient;
  /** Every image of the release, and where nodes are to pull it from. */
  readonly images: ReadonlyMap<string, string>;
  /** Of the installation that they are made for. */
  readonly id: string;
  readonly signal: AbortSignal;
}

/** What of the policy and its map is absent or not as it should be. Changes nothing. */
export async function imageWayDrift({ client, images, id, signal }: ImageWayInput): Promise<KubeObject[]> {
  const wanted = wantedObjects(images, id, await policyVersion(client, signal));
  const found = await Promise.all(wanted.map((object) => client.get(object, { signal })));
  return wanted.filter((object, index) => !isAsWanted(object, found[index]));
}

/**
 * Puts the policy and its map there, or mends them, and waits until the API server goes by them. On a cluster without
 * such policies only the map is kept: `status` finds by it what is not covered.
 */
export async function applyImageWay(input: ImageWayInput): Promise<ImageWay> {
  const { client, images, signal } = input;
  for (const object of await imageWayDrift(input)) await put(client, object, signal);
  const apiVersion = await policyVersion(client, signal);
  const [image] = images.keys();
  if (apiVersion === undefined || image === undefined) return { way: 'none', apiVersion, works: false };
  const deadline = Date.now() + TAKEN_UP_MS;
  let works = await turnsImage(client, image, signal);
  while (!works && Date.now() < deadline) {
    await sleep(POLL_MS, undefined, { signal });
    works = await turnsImage(client, image, signal);
  }
  return { way: works ? 'policy' : 'none', apiVersion, works };
}

/** Which way the cluster has now, tried with an image of the installed map. Undefined without a map: nothing is installed. */
export async function readImageWay(client: KubeClient, signal: AbortSignal): Promise<ImageWay | undefined> {
  const map = await readImageMap(client, signal);
  if (map === undefined) return undefined;
  const apiVersion = await policyVersion(client, signal);
  const [first] = Object.values(map);
  const [, image] = /^[^/]+\/(.+)$/.exec(first ?? '') ?? [];
  const works = apiVersion !== undefined && image !== undefined && (await turnsImage(client, image, signal));
  return { way: works ? 'policy' : 'none', apiVersion, works };
}

/** The installed map: keys of images, and where they are pulled from. */
export async function readImageMap(
  client: Pick<KubeClient, 'get'>,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>> | undefined> {
  const found = await client.get(imageMapReference(), { signal });
  if (found === undefined) return undefined;
  const data = Object.entries(objectAt(found, 'data') ?? {});
  return Object.fromEntries(
    data.flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])),
  );
}

/** All that uninstalling deletes of it, in order: the binding first, so that no policy looks for a map that is gone. */
export async function imageWayReferences(
  client: Pick<KubeClient, 'isServed'>,
  signal?: AbortSignal,
): Promise<ObjectReference[]> {
  return imagePolicyReferences(await policyVersion(client, signal));
}

// Written whole: server-side apply would leave what another manager has added.
async function put(client: KubeClient, object: KubeObject, signal: AbortSignal): Promise<void> {
  const found = await client.get(object, { signal });
  if (found === undefined) {
    await client.create(object, { signal });
    return;
  }
  const { resourceVersion } = found.metadata;
  await client.replace({ ...object, metadata: { ...object.metadata, resourceVersion } }, { signal });
}

export async function removeImageWay(client: KubeClient, signal: AbortSignal): Promise<void> {
  for (const reference of await imageWayReferences(client, signal))
    await client.delete(reference, { signal });
}

/** One line for people. */
export function describeImageWay({ way, apiVersion }: ImageWay): string {
  if (way === 'policy') return `the API server turns images of the release (${apiVersion})`;
  const why =
    apiVersion === undefined
      ? 'this cluster has no policies that change pods'
      : `the policy (${apiVersion}) has no effect`;
  return `${why}: nodes need mirror files, see skerry node-config`;
}

function wantedObjects(
  images: ReadonlyMap<string, string>,
  id: string,
  apiVersion: string | undefined,
): KubeObject[] {
  return [imageMapObject(images, id), ...(apiVersion === undefined ? [] : imagePolicy(apiVersion, id))];
}

/** Sends a pod through admission that is not kept, and sees where its image would come from. */
async function turnsImage(client: KubeClient, image: string, signal: AbortSignal): Promise<boolean> {
  try {
    const admitted = await client.create(trialPod(image), { dryRun: true, signal });
    return textAt(listAt(admitted, 'spec', 'containers')[0], 'image') !== image;
  } catch (error) {
    // The namespace's service account may be a moment late; other rules of the cluster may refuse any such pod.
    if (isSkerryError(error, 'OBJECT_REFUSED') || isSkerryError(error, 'CLUSTER_FORBIDDEN')) return false;
    throw error;
  }
}

function trialPod(image: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'skerry-images-trial', namespace: NAMESPACE, labels: LABELS },
    spec: {
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'trial',
          image,
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  };
}

/** What is wanted is there; what the server added is of no interest, except in a map's data, which is ours alone. */
function isAsWanted(wanted: KubeObject, found: KubeObject | undefined): boolean {
  if (found === undefined || !holds(found, wanted)) return false;
  const size = (object: KubeObject) => Object.keys(objectAt(object, 'data') ?? {}).length;
  return size(found) === size(wanted);
}

function holds(found: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(found) &&
      found.length === wanted.length &&
      wanted.every((item, index) => holds(found[index], item))
    );
  }
  if (!isJsonObject(wanted)) return found === wanted;
  return isJsonObject(found) && Object.entries(wanted).every(([key, value]) => holds(found[key], value));
}
