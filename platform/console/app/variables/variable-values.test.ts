import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { typedValues, type Variable, variableProblem, variableValues } from './variable-values.ts';

const DECLARED: readonly Variable[] = [
  { name: 'region', required: true },
  { name: 'replicas', type: 'integer' },
  { name: 'public', type: 'boolean' },
  { name: 'password', sensitive: true },
];

describe('values of variables', () => {
  test('have the types that the profile declares, and come from a Secret where they are sensitive', () => {
    const typed = { region: 'north', replicas: '3', public: 'false', password: 'vault/key', other: 'x' };
    const values = variableValues(DECLARED, typed);
    assert.deepEqual(values, [
      { name: 'region', value: 'north' },
      { name: 'replicas', value: 3 },
      { name: 'public', value: false },
      { name: 'password', secret: { name: 'vault', key: 'key' } },
    ]);
    const { other: _, ...known } = typed;
    assert.deepEqual(typedValues(values), known);
  });

  test('go to the hub as they were typed where they are of another type', () => {
    assert.deepEqual(variableValues(DECLARED, { replicas: 'many', public: 'yes', region: ' ' }), [
      { name: 'replicas', value: 'many' },
      { name: 'public', value: 'yes' },
    ]);
    assert.deepEqual(typedValues(undefined), {});
  });

  test('have beside them what the hub finds wrong with each', () => {
    const problems = [
      { path: 'spec.profiles[0].variables', message: 'VARIABLE_MISSING region', detail: 'region' },
      { path: 'spec.profiles[0].variables[0]', message: 'x', detail: 'replicas: not an integer' },
    ];
    const sent = variableValues(DECLARED, { replicas: 'many' });
    const at = (name: string) => variableProblem(problems, 'spec.profiles[0]', sent, name);
    assert.equal(at('region'), 'It needs a value.');
    assert.equal(at('replicas'), 'replicas: not an integer');
    assert.equal(at('public'), undefined);
  });
});
