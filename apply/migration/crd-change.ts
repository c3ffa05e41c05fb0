import { isDeepStrictEqual } from 'node:util';
import { at, isJsonObject, textAt } from '../json.ts';
import type { KubeObject } from '../object.ts';
import { type CrdVersion, storedVersions, versionsOf } from './crd-version.ts';

/** What has to be done to bring a definition, and the objects of its kind, to what it is to be. */
export interface CrdChange {
  readonly name: string;
  /** Undefined where there is no such definition yet. */
  readonly current: KubeObject | undefined;
  readonly target: KubeObject;
  /** The target with the versions that it lacks and that objects may still be stored in; the target where it lacks none. */
  readonly between: KubeObject;
  /** The version that objects are stored in afterwards. */
  readonly storage: string;
  /** Versions that go away with it. */
  readonly goes: readonly string[];
  /** All objects have to be written again. */
  readonly rewrites: boolean;
  /** Versions in which stored objects have to be looked at, since they might lose something or be refused. */
  readonly looks: readonly string[];
  /** Objects are converted by a webhook, which may be part of what is about to be installed. */
  readonly byWebhook: boolean;
  /** What the API server never changes in a definition that is in use, and is another. */
  readonly fixed: readonly string[];
}

/** Compares a definition with what it is to be. */
export function crdChange(current: KubeObject | undefined, target: KubeObject): CrdChange {
  const wanted = versionsOf(target);
  const storage = wanted.find((version) => version.storage)?.name ?? '';
  const base = { name: target.metadata.name, current, target, storage };
  const byWebhook = textAt(target, 'spec', 'conversion', 'strategy') === 'Webhook';
  if (current === undefined)
    return { ...base, between: target, goes: [], rewrites: false, looks: [], byWebhook, fixed: [] };
  const [found, stored] = [versionsOf(current), storedVersions(current)];
  const isWanted = (name: string) => wanted.some((version) => version.name === name);
  const kept = found.filter(({ name }) => stored.includes(name) && !isWanted(name));
  const before = found.find((version) => version.storage)?.name ?? '';
  return {
    ...base,
    between: kept.length === 0 ? target : withVersions(target, kept),
    goes: found.filter(({ name }) => !isWanted(name)).map(({ name }) => name),
    // Also what an earlier run has begun, or nobody ever ended.
    rewrites: stored.some((version) => version !== storage),
    looks: byWebhook && before !== storage ? [] : looksAt(found, wanted, stored),
    byWebhook,
    fixed: fixedOnes(current, target),
  };
}

function withVersions(target: KubeObject, more: readonly CrdVersion[]): KubeObject {
  const spec = isJsonObject(target.spec) ? target.spec : {};
  const extra = more.map(({ text }) => ({ ...(isJsonObject(text) ? text : {}), storage: false }));
  return {
    ...target,
    spec: { ...spec, versions: [...versionsOf(target).map(({ text }) => text), ...extra] },
  };
}

/** Stored versions whose objects come under a schema that is not the one they were written under. */
function looksAt(
  found: readonly CrdVersion[],
  wanted: readonly CrdVersion[],
  stored: readonly string[],
): string[] {
  const storage = wanted.find((version) => version.storage);
  const served = found.filter((version) => version.served);
  const own = served.filter(({ name }) => stored.includes(name));
  // What is stored in versions that nobody is served comes in one that somebody is.
  return (own.length > 0 ? own : served.slice(0, 1))
    .filter(({ name, schema }) => {
      const same = wanted.find((version) => version.name === name);
      return !isSameSchema(schema, storage?.schema) || (same && !isSameSchema(schema, same.schema));
    })
    .map(({ name }) => name);
}

function isSameSchema(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(withoutWords(a), withoutWords(b));
}

/** A schema without what says nothing of objects. */
function withoutWords(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutWords);
  if (!isJsonObject(schema)) return schema;
  const entries = Object.entries(schema).filter(
    ([key, value]) => !(['description', 'title', 'example'].includes(key) && typeof value === 'string'),
  );
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutWords(value)]));
}

function fixedOnes(current: KubeObject, target: KubeObject): string[] {
  const paths = [
    ['spec', 'group'],
    ['spec', 'scope'],
    ['spec', 'names', 'plural'],
    ['spec', 'names', 'kind'],
  ];
  return paths
    .filter((path) => at(current, ...path) !== at(target, ...path))
    .map((path) => `${path.join('.')}: ${at(current, ...path)} would be ${at(target, ...path)}`);
}
