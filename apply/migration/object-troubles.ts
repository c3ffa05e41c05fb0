import type { KubeClient } from '../client/client.ts';
import type { JsonObject } from '../json.ts';
import { describeObject, type KubeObject } from '../object.ts';
import type { CrdChange } from './crd-change.ts';
import { kindOf, versionsOf } from './crd-version.ts';
import { defaulted } from './defaulted.ts';
import { type ObjectValidator, objectValidator } from './object-validator.ts';
import { prunedFields } from './pruned-fields.ts';

/** What a changed definition would do to objects that are stored. */
export interface ObjectTrouble {
  readonly crd: string;
  readonly what: 'loses-fields' | 'rejects';
  /** How many of the objects it does that to. */
  readonly objects: number;
  /** The first of them, with the fields. */
  readonly examples: readonly { readonly object: string; readonly fields: readonly string[] }[];
}

const EXAMPLES = 5;

/** Reads the stored objects of a kind, and finds those that would lose fields or be refused under its new definition. */
export async function objectTroubles(
  { client, signal }: { readonly client: Pick<KubeClient, 'pages'>; readonly signal: AbortSignal },
  change: CrdChange,
): Promise<ObjectTrouble[]> {
  if (change.current === undefined) return [];
  const found = new Map<ObjectTrouble['what'], Map<string, readonly string[]>>();
  const note = (what: ObjectTrouble['what'], object: string, fields: readonly string[]) => {
    if (fields.length === 0) return;
    const objects = found.get(what) ?? new Map<string, readonly string[]>();
    found.set(what, objects.set(object, objects.size < EXAMPLES ? fields : []));
  };
  for (const version of change.looks) {
    const schemas = schemasFor(change, version);
    for await (const page of client.pages(kindOf(change.current, version), { signal })) {
      for (const object of page) {
        const name = describeObject(object);
        const { lost, refused } = lookAt(object, schemas);
        note('loses-fields', name, lost);
        note('rejects', name, refused);
      }
    }
  }
  return [...found].map(([what, objects]) => ({
    crd: change.name,
    what,
    objects: objects.size,
    examples: [...objects].slice(0, EXAMPLES).map(([object, fields]) => ({ object, fields })),
  }));
}

interface Schemas {
  /** That objects go through on their way, in order: of the version they are read in, and of the one they get stored in. */
  readonly way: readonly (JsonObject | undefined)[];
  readonly validate: ObjectValidator;
  readonly hasStatus: boolean;
}

function schemasFor({ target, between, storage }: CrdChange, version: string): Schemas {
  const own = versionsOf(between).find(({ name }) => name === version);
  const last = versionsOf(target).find(({ name }) => name === storage);
  return {
    way: [own?.schema, last?.schema],
    validate: objectValidator(last?.schema),
    hasStatus: last?.hasStatus === true,
  };
}

function lookAt(object: KubeObject, { way, validate, hasStatus }: Schemas) {
  // Controllers write the status again; nobody loses by that.
  const { status: _, ...rest } = object;
  const looked: JsonObject = hasStatus ? rest : object;
  const lost = [...new Set(way.flatMap((schema) => prunedFields(looked, schema)))];
  const filled = defaulted(looked, way.at(-1));
  const refused = validate({ ...looked, ...Object(filled) });
  return { lost, refused };
}
