import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { isSkerryError } from '../content/error.ts';
import { applyError } from './errors.ts';
import type { KubeObject } from './object.ts';
import { type RecordOptions, readRecord, writeRecord } from './record.ts';

const schema = z.object({ steps: z.array(z.string()) });

/** One ConfigMap in an API server; `present` is its namespace. */
function recordIn(kept: { object?: KubeObject; present?: boolean }): RecordOptions<z.infer<typeof schema>> {
  let version = 0;
  const write = (object: KubeObject, allowed: boolean): KubeObject => {
    if (!allowed) throw applyError('OBJECT_CHANGED', { subject: 'ConfigMap' });
    version++;
    kept.object = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    return kept.object;
  };
  return {
    client: {
      get: async () => {
        if (kept.present === false) throw applyError('NAMESPACE_NOT_FOUND', { subject: 'here' });
        return kept.object;
      },
      create: async (object) => write(object, kept.object === undefined),
      replace: async (object) =>
        write(object, object.metadata.resourceVersion === kept.object?.metadata.resourceVersion),
    },
    name: 'work',
    namespace: 'here',
    key: 'work',
    labels: { app: 'a' },
    schema,
    invalid: (subject, detail) => applyError('OBJECT_INVALID', { subject, detail }),
  };
}

test('there is no record before one is written, nor without its namespace', async () => {
  assert.equal(await readRecord(recordIn({})), undefined);
  assert.equal(await readRecord(recordIn({ present: false })), undefined);
});

test('what was written is read again, and can be written on', async () => {
  const kept: { object?: KubeObject } = {};
  const record = recordIn(kept);
  const first = await writeRecord(record, { value: { steps: ['a'] }, resourceVersion: undefined });
  await writeRecord(record, { ...first, value: { steps: ['a', 'b'] } });
  assert.deepEqual((await readRecord(record))?.value, { steps: ['a', 'b'] });
  assert.deepEqual(kept.object?.metadata.labels, { app: 'a' });
});

test('what somebody else has written meanwhile is not overwritten', async () => {
  const record = recordIn({});
  const first = await writeRecord(record, { value: { steps: [] }, resourceVersion: undefined });
  await writeRecord(record, { ...first, value: { steps: ['theirs'] } });
  for (const resourceVersion of [first.resourceVersion, undefined]) {
    await assert.rejects(writeRecord(record, { value: { steps: ['mine'] }, resourceVersion }), (error) =>
      isSkerryError(error, 'OBJECT_CHANGED'),
    );
  }
  assert.deepEqual((await readRecord(record))?.value, { steps: ['theirs'] });
});

test('a value that does not fit is refused, by name', async () => {
  for (const data of [undefined, {}, { work: '' }, { work: '{"steps":1}' }, { work: '{"steps":[' }]) {
    const object: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'work' }, data };
    await assert.rejects(
      readRecord(recordIn({ object })),
      (error) => isSkerryError(error, 'OBJECT_INVALID') && error.subject === 'ConfigMap here/work',
    );
  }
});
