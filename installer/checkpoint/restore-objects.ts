import { isDeepStrictEqual } from 'node:util';
import type { KubeClient } from '../../apply/client/client.ts';
import { isJsonObject, objectAt } from '../../apply/json.ts';
import { describeObject, type KubeObject } from '../../apply/object.ts';
import { isSkerryError, type SkerryError } from '../../content/error.ts';
import { installerError } from '../errors.ts';
import type { Checkpoint } from './checkpoint-head.ts';
import { type KeptObject, keptOf } from './checkpoint-line.ts';
import { indexKept, keptObjects, ruleOf, substanceDigest } from './kept-index.ts';
import { liveObjects } from './live-objects.ts';

export interface RestoredObject {
  /** `Cluster.skerry.dev shop/east` */
  readonly object: string;
  /** `put-back` was changed since, `brought-back` was deleted since, `made-since` stays as it is. */
  readonly action: 'put-back' | 'brought-back' | 'made-since';
}

export interface RestoreInput {
  readonly client: Pick<KubeClient, 'get' | 'list' | 'pages' | 'create' | 'replace'>;
  readonly checkpoint: Checkpoint;
  readonly signal: AbortSignal;
  readonly onProgress?: ((text: string) => void) | undefined;
}

const TRIES = 5;

/**
 * Puts custom resources and settings back to what they were: what was changed since is written whole, so that fields that
 * were added are gone again; what was deleted since comes back; what was made since stays, and is told. Status is never
 * touched. Runs again where it was cut off. Throws RESTORE_FAILED with the objects that could not be put back, after all
 * others were.
 */
export async function restoreObjects(input: RestoreInput): Promise<RestoredObject[]> {
  const { client, checkpoint, signal, onProgress = () => {} } = input;
  const restored: RestoredObject[] = await madeSince(input);
  const failures: { object: string; error: SkerryError }[] = [];
  for await (const line of keptObjects(checkpoint)) {
    signal.throwIfAborted();
    const object = describeObject(line.object);
    try {
      const action = await restoreOne(client, line, signal);
      if (action === undefined) continue;
      restored.push({ object, action });
      onProgress(`${object} ${action}`);
    } catch (error) {
      if (!isSkerryError(error) || error.code.startsWith('CLUSTER_')) throw error;
      failures.push({ object, error });
    }
  }
  if (failures.length === 0) return restored;
  const [first] = failures;
  const shown = failures.slice(0, 20).map(({ object, error }) => `${object}: ${error.detail ?? error.code}`);
  throw installerError('RESTORE_FAILED', {
    subject: `${failures.length} objects`,
    detail: shown.join('; '),
    cause: first?.error,
  });
}

async function madeSince({ client, checkpoint, signal }: RestoreInput): Promise<RestoredObject[]> {
  const index = await indexKept(checkpoint);
  const made: RestoredObject[] = [];
  for await (const live of liveObjects({ client, signal }, checkpoint.head)) {
    const object = describeObject(live);
    if (!index.has(object)) made.push({ object, action: 'made-since' });
  }
  return made;
}

async function restoreOne(
  client: RestoreInput['client'],
  line: KeptObject,
  signal: AbortSignal,
): Promise<RestoredObject['action'] | undefined> {
  for (let tries = 1; ; tries++) {
    try {
      const found = await client.get(line.object, { signal });
      if (found === undefined) {
        await client.create(line.object, { signal });
        return 'brought-back';
      }
      const wanted = wantedOf(line, found);
      if (wanted === undefined) return undefined;
      await client.replace(wanted, { signal });
      return 'put-back';
    } catch (error) {
      if (!isSkerryError(error, 'OBJECT_CHANGED') || tries >= TRIES) throw error;
    }
  }
}

/** The object as it has to be written; undefined where it is as it should be. */
function wantedOf(line: KeptObject, found: KubeObject): KubeObject | undefined {
  const { object, uid } = line;
  // An object that was deleted and made again under its name holds nothing that was renewed.
  const isSameOne = found.metadata.uid === uid;
  const target = ruleOf(line) === 'if-missing' && isSameOne ? withMissing(found, object) : object;
  if (substanceDigest(found) === substanceDigest(target)) return undefined;
  const { labels: _, annotations: __, managedFields: ___, ...metadata } = found.metadata;
  const { status } = found;
  return {
    ...target,
    metadata: { ...metadata, ...textsOf(target) },
    ...(status === undefined ? {} : { status }),
  };
}

function textsOf({ metadata: { labels, annotations } }: KubeObject) {
  return {
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

/** What was found, with the keys of its data that were lost. */
function withMissing(found: KubeObject, kept: KubeObject): KubeObject {
  const now = keptOf(found);
  const [before, after] = [objectAt(kept, 'data') ?? {}, objectAt(now, 'data') ?? {}];
  const data = { ...before, ...after };
  return isJsonObject(now.data) || !isDeepStrictEqual(data, {}) ? { ...now, data } : now;
}
