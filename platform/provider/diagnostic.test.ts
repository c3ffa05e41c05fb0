import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { problemError } from '../client/connection/problem-error.ts';
import { diagnosticsOf } from './diagnostic.ts';
import { kinds } from './kinds.ts';
import type { Diagnostic } from './protocol/plugin_pb.ts';

const PROBLEM = {
  title: 'The object is not valid.',
  status: 422,
  subject: 'ClusterProfile',
  remedy: 'Correct it.',
};

describe('a refusal of the hub', () => {
  test('stands at the element at fault, and names the field below it in the words of the language', () => {
    const errors = [
      fault('/spec/packs/1/timeoutSeconds', 'too small', 'FIELD_INVALID'),
      { ...fault('/spec/packs/0/values', 'must be a number', 'VALUES_INVALID'), within: '/ports/0/port' },
      fault('/labels/a~1b', 'no label', 'FIELD_INVALID'),
    ];
    assert.deepEqual(said({ code: 'OBJECT_INVALID', ...PROBLEM, errors }), [
      ['packs.1', 'FIELD_INVALID in "packs"', 'timeout_seconds: too small'],
      ['packs.0', 'VALUES_INVALID in "packs"', 'values.ports.0.port: must be a number'],
      ['', 'FIELD_INVALID in "labels"', 'no label'],
    ]);
  });

  test('of an older hub is understood by its paths', () => {
    const errors = [{ path: 'spec.packs[1].timeoutSeconds', message: 'too small' }];
    assert.deepEqual(said({ code: 'OBJECT_INVALID', ...PROBLEM, errors }), [
      ['packs.1', 'OBJECT_INVALID in "packs"', 'timeout_seconds: too small'],
    ]);
  });

  test('of a name that is taken says how to go on', () => {
    const problem = { ...PROBLEM, code: 'OBJECT_EXISTS', title: 'There is one already.', status: 409 };
    const [[path, summary] = []] = said(problem);
    assert.deepEqual([path, summary], ['', 'There is one already. [OBJECT_EXISTS]']);
    const [first] = diagnosticsOf(problemError('POST', 409, JSON.stringify(problem)), []);
    assert.match(first?.detail ?? '', /Import it by its id/);
  });
});

function fault(pointer: string, detail: string, code: string) {
  return { pointer, detail, code, path: 'any', message: 'any' };
}

function said(problem: { readonly status: number; readonly [member: string]: unknown }): string[][] {
  const error = problemError('POST /x', problem.status, JSON.stringify(problem));
  return diagnosticsOf(error, kinds.ClusterProfile.spec).map(texts);
}

function texts({ attribute, summary, detail }: Diagnostic): string[] {
  const steps = (attribute?.steps ?? []).map(({ selector }) => String(selector.value));
  return [steps.join('.'), summary, detail.split('\n')[0] ?? ''];
}
