import type { KubeClient } from '../../../apply/client/client.ts';
import { differingFields, missingFields, type SetField } from '../../../apply/field-set.ts';
import { mayGoWhenFinished } from '../../../apply/health/finished-job.ts';
import { isAppliedBy, managedFields } from '../../../apply/managed-fields.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { isSkerryError } from '../../../content/error.ts';
import type { DriftPolicy } from '../../api/drift-policy.ts';
import { type Culprit, findCulprit } from './culprit.ts';
import { isExcused, isSameValue } from './excuse.ts';
import { findScalers, NO_SCALERS } from './scalers.ts';

export interface Question {
  readonly client: Pick<KubeClient, 'get' | 'list' | 'apply'>;
  /** As it was applied. */
  readonly object: KubeObject;
  readonly manager: string;
  readonly policy: DriftPolicy;
  /** When others had last changed the object while all was well. */
  readonly cleanTime: string | undefined;
  readonly signal: AbortSignal;
}

export interface Verdict {
  readonly state: 'clean' | 'changed' | 'deleted';
  /** As it is; undefined when it is gone. */
  readonly live: KubeObject | undefined;
  /** As the API server writes them. */
  readonly fields: readonly string[];
  readonly culprit: Culprit | undefined;
  /** Fields that others have and may keep. */
  readonly left: readonly string[];
  /** Fields that have the right value but belong to somebody else. */
  readonly lost: boolean;
  /** Why the API server would not take what was applied. */
  readonly code?: string | undefined;
}

const CLEAN = { state: 'clean', fields: [], culprit: undefined, left: [], lost: false } as const;

/**
 * Compares an object with what it would be if it were applied again: the API server says so itself, in a dry run, with
 * defaults, admission and its own spelling. Only fields that the apply would own count.
 * Throws what apply throws, but OBJECT_INVALID.
 */
export async function judge(question: Question): Promise<Verdict> {
  const { client, object, signal } = question;
  const live = await readLive(client, object, signal);
  if (live === undefined) return { ...CLEAN, live, state: mayGoWhenFinished(object) ? 'clean' : 'deleted' };
  // What is on its way out can't be held; it is put back when it is gone.
  if (live.metadata.deletionTimestamp !== undefined)
    return { ...CLEAN, live, state: mayGoWhenFinished(object) ? 'clean' : 'deleted' };
  try {
    const { manager } = question;
    const options = { dryRun: true, force: true, fieldManager: manager, signal } as const;
    const wanted = await client.apply(object, { ...options, fieldValidation: 'Ignore' });
    return await compare(question, live, wanted);
  } catch (error) {
    if (!isSkerryError(error, 'OBJECT_INVALID')) throw error;
    const fields = fieldsIn(error.detail ?? '').map((path): SetField => ({ path, keys: keysOf(path) }));
    return {
      ...CLEAN,
      live,
      state: 'changed',
      fields: fields.map(({ path }) => path),
      culprit: findCulprit(live, fields, question),
      code: error.code,
    };
  }
}

async function readLive(
  client: Question['client'],
  object: KubeObject,
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  try {
    return await client.get(object, { signal });
  } catch (error) {
    if (isSkerryError(error, 'KIND_UNKNOWN')) return undefined;
    throw error;
  }
}

async function compare(question: Question, live: KubeObject, wanted: KubeObject): Promise<Verdict> {
  const { client, object, manager, policy, signal } = question;
  const isOurs = isAppliedBy(manager);
  const ours = managedFields(live).filter(isOurs);
  const sets = managedFields(wanted).filter(isOurs);
  const differing = unique(
    sets.flatMap(({ fields }) => differingFields(fields, [live, wanted], isSameValue)),
  );
  const missing = sets.flatMap(({ fields }) =>
    missingFields(
      fields,
      ours.map((entry) => entry.fields),
    ),
  );
  const mayBeScaled = [...differing, ...missing].some(({ path }) => /replicas|\.resources/i.test(path));
  const scalers = mayBeScaled ? await findScalers(client, object, signal) : NO_SCALERS;
  const isFine = (field: SetField) => isExcused({ object, policy, scalers }, field);
  const fields = differing.filter((field) => !isFine(field));
  return {
    state: fields.length === 0 ? 'clean' : 'changed',
    live,
    fields: fields.map(({ path }) => path),
    culprit: fields.length === 0 ? undefined : findCulprit(live, fields, question),
    left: differing.filter(isFine).map(({ path }) => path),
    lost: missing.some((field) => !isFine(field)),
  };
}

function unique(fields: readonly SetField[]): SetField[] {
  return [...new Map(fields.map((field) => [field.path, field])).values()];
}

/** `spec.selector: Invalid value: …: field is immutable` and the like, as validation names fields. */
function fieldsIn(detail: string): string[] {
  const found = [
    ...detail.matchAll(
      /(?:^|[\s[])([a-zA-Z]+(?:\.[a-zA-Z]+|\[[^\]]*\])*): (?:Invalid|Forbidden|Required|Unsupported)/g,
    ),
  ];
  return [...new Set(found.map(([, path = '']) => `.${path}`))];
}

function keysOf(path: string): string[] {
  return path
    .slice(1)
    .split('.')
    .map((name) => `f:${name}`);
}
