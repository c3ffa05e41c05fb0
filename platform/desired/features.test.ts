import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { z } from 'zod';
import { Envelope } from './envelope.ts';
import { FEATURES, featuresUsed, HINTS } from './features.ts';

const said = JSON.parse(await readFile(new URL('fixtures/protocol-1.json', import.meta.url), 'utf8'));
/** Read since the first release, so that it can be used from then on. */
const SINCE_THE_FIRST = ['requires', 'requires[]'];

test('a field of an envelope is known to agents of protocol 1, or is a feature that they must have', () => {
  const known = new Set([...fieldsIn(said.envelope), ...SINCE_THE_FIRST]);
  const claimed = [...FEATURES.flatMap(({ fields }) => fields), ...HINTS];
  const unclaimed = fieldsOf(Envelope).filter(
    (field) => !known.has(field) && !claimed.some((one) => field === one || field.startsWith(`${one}.`)),
  );
  assert.deepEqual(unclaimed, []);
});

test('a feature is of fields that there are, and has a name of its own', () => {
  const all = new Set(fieldsOf(Envelope));
  assert.deepEqual(
    [...FEATURES.flatMap(({ fields }) => fields), ...HINTS].filter((field) => !all.has(field)),
    [],
  );
  assert.equal(new Set(FEATURES.map(({ name }) => name)).size, FEATURES.length);
});

test('an envelope makes use of a feature when it has one of its fields, however deep', () => {
  const features = [
    { name: 'canary', fields: ['layers[].canary', 'layers[].drift.canary'] },
    { name: 'clock', fields: ['clock'] },
  ];
  const used = (envelope: object) => featuresUsed(envelope, features);
  assert.deepEqual(used({ layers: [] }), []);
  assert.deepEqual(used({ layers: [{ drift: {} }, { canary: 5 }] }), ['canary']);
  assert.deepEqual(used({ layers: [{ drift: { canary: 0 } }], clock: false }), ['canary', 'clock']);
  assert.deepEqual(used({ layers: 'none', clock: undefined }), []);
});

/** Every field that the schema has; what people write themselves ends at its name. */
function fieldsOf(schema: unknown, at = ''): string[] {
  if (schema instanceof z.ZodOptional) return fieldsOf(schema.unwrap(), at);
  if (schema instanceof z.ZodArray) return [`${at}[]`, ...fieldsOf(schema.element, `${at}[]`)];
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape).flatMap(([name, field]) => {
    const path = at === '' ? name : `${at}.${name}`;
    return [path, ...fieldsOf(field, path)];
  });
}

function fieldsIn(value: unknown, at = ''): string[] {
  if (Array.isArray(value)) return [`${at}[]`, ...value.flatMap((one) => fieldsIn(one, `${at}[]`))];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) => {
    const path = at === '' ? name : `${at}.${name}`;
    return [path, ...fieldsIn(field, path)];
  });
}
