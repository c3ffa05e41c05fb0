import type { KubeClient } from '../../../apply/client/client.ts';
import { withoutField } from '../../../apply/field-path.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { isSkerryError } from '../../../content/error.ts';
import type { DriftItem } from '../../api/cluster-status.ts';
import type { Contests, Move } from './contests.ts';
import { latestOther } from './culprit.ts';
import type { DriftLayer } from './drift-watch.ts';
import { markOf, type OwnedObject } from './owned-object.ts';
import { judge, type Verdict } from './verdict.ts';

export interface Charge {
  readonly object: OwnedObject;
  readonly layer: Omit<DriftLayer, 'objects'>;
  readonly cleanTime: string | undefined;
}

export interface Means {
  readonly client: KubeClient;
  readonly contests: Contests;
  /** Milliseconds that only grow. */
  readonly ticks: () => number;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

/** What came of looking at one object. */
export interface Outcome {
  /** What is still not as it should be. */
  readonly item?: DriftItem | undefined;
  readonly corrected?: DriftItem | undefined;
  /** Of the object as it was left; see markOf. */
  readonly mark: string;
  readonly close: boolean;
  readonly cleanTime?: string | undefined;
  /** Milliseconds until it should be looked at again, whether or not it changes. */
  readonly restMs?: number | undefined;
  /** It should be looked at again, later each time. */
  readonly retry?: boolean | undefined;
}

/** Of an object that is not there. */
export const GONE = 'gone';

/** Looks at one object, and puts it back where the policy says so. Throws what keeps it from finding out. */
export async function attend(means: Means, charge: Charge): Promise<Outcome> {
  const { client, signal } = means;
  const { layer, cleanTime } = charge;
  const object = charge.object.unpack();
  const manager = layer.fieldManager;
  const verdict = await judge({ client, object, manager, policy: layer.policy, cleanTime, signal });
  if (verdict.state === 'clean') return await whenClean(means, charge, object, verdict);

  const item = itemOf(means, charge, verdict);
  const seen = { mark: markIn(verdict, manager, true), close: true, cleanTime };
  if (layer.policy.mode !== 'correct') return { ...seen, item };
  if (verdict.live?.metadata.deletionTimestamp !== undefined) return { ...seen, item };
  if (verdict.code !== undefined) return { ...seen, item: { ...item, state: 'failed' } };
  const move: Move = { object: charge.object.id, fields: verdict.fields, by: verdict.culprit?.by };
  const restMs = means.contests.restMs(move, means.ticks());
  if (restMs > 0) return { ...seen, item: { ...item, state: 'contested' }, restMs };
  try {
    const after = await putBack(means, charge, object, verdict);
    means.contests.corrected(move, means.ticks());
    const corrected: DriftItem = { ...item, state: 'corrected', at: means.now().toISOString() };
    return { ...whole(after, manager), corrected };
  } catch (error) {
    if (signal.aborted || !isSkerryError(error)) throw error;
    const failed: DriftItem = { ...item, state: 'failed', code: error.code };
    return { ...seen, item: failed, retry: !LASTING.has(error.code) };
  }
}

/** Nothing that another try would change: what the object is, or may be, has to be another first. */
const LASTING = new Set(['OBJECT_INVALID']);

async function whenClean(
  means: Means,
  charge: Charge,
  object: KubeObject,
  verdict: Verdict,
): Promise<Outcome> {
  const { fieldManager, policy } = charge.layer;
  if (verdict.live === undefined) return { mark: GONE, close: false };
  // A field that belongs to nobody else is one whose next change shows.
  if (verdict.lost && policy.mode === 'correct' && verdict.live.metadata.deletionTimestamp === undefined)
    return whole(await putBack(means, charge, object, verdict), fieldManager);
  const close = verdict.lost;
  const cleanTime = latestOther(verdict.live, fieldManager);
  return { mark: markOf(verdict.live, fieldManager, close), close, cleanTime };
}

function whole(after: KubeObject, manager: string): Outcome {
  return { mark: markOf(after, manager, false), close: false, cleanTime: latestOther(after, manager) };
}

function markIn({ live }: Verdict, manager: string, close: boolean): string {
  return live === undefined ? GONE : markOf(live, manager, close);
}

async function putBack(
  { client, signal }: Means,
  { layer }: Charge,
  object: KubeObject,
  { left }: Verdict,
): Promise<KubeObject> {
  const settled = left.reduce((rest, field) => withoutField(rest, field), object);
  const fieldManager = layer.fieldManager;
  const apply = () => client.apply(settled, { force: true, fieldManager, fieldValidation: 'Ignore', signal });
  try {
    return await apply();
  } catch (error) {
    const isHome = object.metadata.namespace === layer.namespace;
    if (!isHome || !isSkerryError(error, 'NAMESPACE_NOT_FOUND')) throw error;
    const home = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: layer.namespace } };
    await client.apply(home, { fieldManager, signal });
    return await apply();
  }
}

const MOST_FIELDS = 10;
const LONGEST_FIELD = 200;

function itemOf({ now }: Means, { object, layer }: Charge, verdict: Verdict): DriftItem {
  const { state, fields, culprit, code } = verdict;
  return {
    layer: layer.name,
    object: object.id.slice(0, 400),
    what: state === 'deleted' ? 'deleted' : 'changed',
    fields: fields.slice(0, MOST_FIELDS).map((field) => field.slice(0, LONGEST_FIELD)),
    ...(culprit === undefined ? {} : { by: culprit.by.slice(0, 200) }),
    at: culprit?.at ?? now().toISOString(),
    state: 'found',
    ...(code === undefined ? {} : { code }),
    ...(layer.policy.mode === 'alert' ? { alert: true } : {}),
  };
}
