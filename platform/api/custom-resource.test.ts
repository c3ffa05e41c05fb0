import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { listAt, objectAt } from '../../apply/json.ts';
import { definitionOf } from './custom-resource.ts';
import { kinds } from './kinds.ts';

/** Words that a structural schema may only use below a type, and never with types of their own below them. */
const COMBINED = ['anyOf', 'oneOf', 'allOf', 'not'];

describe('definitions of custom resources', () => {
  for (const kind of kinds) {
    test(`the API server takes the one of ${kind.kind}: it is structural`, () => {
      for (const version of listAt(definitionOf(kind), 'spec', 'versions'))
        assert.deepEqual([...faults(objectAt(version, 'schema', 'openAPIV3Schema'), '')], []);
    });
  }
});

/** kubernetes.io/docs, "Specifying a structural schema". */
function* faults(schema: Readonly<Record<string, unknown>> | undefined, path: string): Generator<string> {
  if (schema === undefined) return;
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const isNumberOrText = schema['x-kubernetes-int-or-string'] === true;
  if (schema.type === undefined && !isOpen && !isNumberOrText) yield `${path} has no type`;
  for (const word of COMBINED) if (schema[word] !== undefined && !isNumberOrText) yield `${path} has ${word}`;
  for (const [name, field] of Object.entries(objectAt(schema, 'properties') ?? {}))
    yield* faults(objectAt(field), `${path}.${name}`);
  yield* faults(objectAt(schema, 'items'), `${path}[]`);
  yield* faults(objectAt(schema, 'additionalProperties'), `${path}.*`);
}
