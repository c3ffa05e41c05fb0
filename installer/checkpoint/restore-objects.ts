import { isDeepStrictEqual } from 'node:util';
import type { KubeClient } from '../../apply/client/client.ts';
import { isJsonObject, objectAt } from '../../apply/json.ts';
import { describeObject, type KubeObject } from '../../apply/object.ts';
import { isSkerryError, type SkerryError } from '../../content/error.ts';
import { installerError } from '../errors.ts';
import type { Checkpoint, CheckpointHead } from './checkpoint-head.ts';
import { type KeptObject, keptOf } from './checkpoint-line.ts';
import { keptObjects, ruleOf, substanceDigest } from './kept-index.ts';
import { withLeft, withoutLeft } from './left-fields.ts';
import type { LiveClient } from './live-objects.ts';
import { Namespaces } from './namespaces.ts';
import { survey } from './survey.ts';

export interface RestoredObject {
  /** `Cluster.skerry.dev shop/east` */
  readonly object: string;
  /**
   * `put-back` was changed since, `brought-back` was deleted since, `made-since` stays as it is, `namespace-gone` stays
   * deleted, since its namespace was deleted with it.
   */
  readonly action: 'put-back' | 'brought-back' | 'made-since' | 'namespace-gone';
}

export interface RestoreInput {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'replace'> & LiveClient;
  readonly checkpoint: Checkpoint;
  readonly signal: AbortSignal;
  readonly onProgress?: ((text: string) => void) | undefined;
}

const TRIES = 5;
const EXAMPLES = 20;

/**
 * Puts custom resources and settings back to what they were: what was changed since is written whole, so that fields that
 * were added are gone again; what was deleted since comes back; what was made since stays, and is reported. Status is never
 * touched. Runs again where it was cut off. Throws RESTORE_FAILED with the objects that could not be put back, after all
 * others were.
 */
export async function restoreObjects(input: RestoreInput): Promise<RestoredObject[]> {
  const { client, checkpoint, signal, onProgress = () => {} } = input;
  const { changed, gone, made } = await survey(client, checkpoint, signal);
  const namespaces = new Namespaces(client, signal);
  const restored: RestoredObject[] = made.map((object) => ({ object, action: 'made-since' }));
  const failures: { object: string; error: SkerryError }[] = [];
  for await (const line of changed.size + gone.size === 0 ? [] : keptObjects(checkpoint)) {
    const object = describeObject(line.object);
    if (!changed.has(object) && !gone.has(object)) continue;
    signal.throwIfAborted();
    try {
      const isPossible = changed.has(object) || (await namespaces.has(line.object.metadata.namespace));
      const action = isPossible ? await restoreOne(input, line) : 'namespace-gone';
      if (action === undefined) continue;
      restored.push({ object, action });
      onProgress(`${object} ${action}`);
    } catch (error) {
      if (!isSkerryError(error) || error.code.startsWith('CLUSTER_')) throw error;
      failures.push({ object, error });
    }
  }
  if (failures.length === 0) return restored;
  throw installerError('RESTORE_FAILED', {
    subject: `${failures.length} objects`,
    detail: failures.slice(0, EXAMPLES).map(describeFailure).join('; '),
    cause: failures[0]?.error,
  });
}

/**
 * Brings back the settings of a namespace that are gone, before a component is installed there again: a program that found
 * its keys missing would make new ones, which nobody knows.
 */
export async function restoreLostSettings(
  input: Omit<RestoreInput, 'onProgress'> & { readonly namespace: string },
): Promise<void> {
  const { client, checkpoint, namespace, signal } = input;
  for await (const line of keptObjects(checkpoint)) {
    const { object, of } = line;
    if (of !== 'setting' || object.metadata.namespace !== namespace) continue;
    if ((await client.get(object, { signal })) === undefined) await restoreOne(input, line);
  }
}

function describeFailure({ object, error }: { object: string; error: SkerryError }): string {
  return `${object}: ${error.detail ?? error.code}`;
}

async function restoreOne(
  { client, checkpoint: { head }, signal }: RestoreInput,
  line: KeptObject,
): Promise<RestoredObject['action'] | undefined> {
  const leaves = line.of === 'resource' ? leavesOf(head, line.object) : [];
  for (let tries = 1; ; tries++) {
    try {
      const found = await client.get(line.object, { signal });
      if (found === undefined) {
        await client.create(line.object, { signal });
        return 'brought-back';
      }
      const wanted = wantedOf(line, found, leaves);
      if (wanted === undefined) return undefined;
      await client.replace(wanted, { signal });
      return 'put-back';
    } catch (error) {
      if (!isSkerryError(error, 'OBJECT_CHANGED') || tries >= TRIES) throw error;
    }
  }
}

function leavesOf({ kinds }: CheckpointHead, { kind, apiVersion }: KubeObject): readonly string[] {
  return kinds.find((one) => one.kind === kind && one.apiVersion === apiVersion)?.leaves ?? [];
}

/** The object as it has to be written; undefined where it is as it should be. */
function wantedOf(line: KeptObject, found: KubeObject, leaves: readonly string[]): KubeObject | undefined {
  const { object, uid } = line;
  // An object that was deleted and made again under its name holds nothing that was renewed.
  const isSameOne = found.metadata.uid === uid;
  const target = ruleOf(line) === 'if-missing' && isSameOne ? withMissing(found, object) : object;
  if (substanceDigest(withoutLeft(found, leaves)) === substanceDigest(target)) return undefined;
  const { labels: _, annotations: __, managedFields: ___, ...metadata } = found.metadata;
  const { status } = found;
  return {
    ...withLeft(target, found, leaves),
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
