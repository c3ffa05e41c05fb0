import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSkerryError } from '../error.ts';
import { entriesOf } from './index-entries.ts';
import { parseIndex } from './layout-index.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const plain = { mediaType: 'text/plain', digest, size: 3 };
const odd = {
  ...plain,
  annotations: { 'a "b" \\': '[{,"manifests":[]', ü: '\u2028é' },
  platform: { os: 'linux', architecture: 'amd64', 'os.features': ['a', 'b'] },
};

/** A text that is read so many bytes at a time, into the same memory over and over. */
function reader(text: string, chunk: number): () => Buffer {
  const [bytes, memory] = [Buffer.from(text), Buffer.alloc(chunk)];
  let at = 0;
  return () => {
    const read = bytes.copy(memory, 0, at, at + chunk);
    at += read;
    return memory.subarray(0, read);
  };
}

test('the entries of an index are those that are read of it as a whole', () => {
  for (const manifests of [[], [plain], [odd, plain, odd]]) {
    const index = { schemaVersion: 2, annotations: { manifests: '[', list: '"' }, manifests, more: [[{}]] };
    for (const text of [
      JSON.stringify(index),
      JSON.stringify(index, null, 2),
      `{ "manifests" :\n [ ${manifests.map((each) => JSON.stringify(each)).join(' ,\t')} ] , "schemaVersion":2}`,
    ])
      for (const chunk of [1, 7, 100, 10_000])
        assert.deepEqual([...entriesOf(reader(text, chunk), 'here')], parseIndex(text, 'here'));
  }
});

test('what is no index is refused as it is when it is read as a whole', () => {
  const item = JSON.stringify(plain);
  for (const text of [
    '',
    'null',
    '[]',
    '{}',
    '"manifests":[]',
    '{"schemaVersion":2}',
    '{"schemaVersion":1,"manifests":[]}',
    '{"schemaVersion":2,"manifests":{}}',
    '{"schemaVersion":2,"manifests":[',
    `{"schemaVersion":2,"manifests":[${item}`,
    `{"schemaVersion":2,"manifests":[${item}}`,
    `{"schemaVersion":2,"manifests":[${item},]}`,
    `{"schemaVersion":2,"manifests":[,${item}]}`,
    `{"schemaVersion":2,"manifests":[${item} ${item}]}`,
    `{"schemaVersion":2,"manifests":[${item}]]}`,
    `{"schemaVersion":2,"manifests":[${item}],"more":{}`,
    '{"schemaVersion":2,"manifests":[{}]}',
    '{"schemaVersion":2,"manifests":["a\\"]}',
  ]) {
    const invalid = (error: unknown) => isSkerryError(error, 'LAYOUT_INVALID');
    assert.throws(() => parseIndex(text, 'here'), invalid, text);
    for (const chunk of [30, 10_000])
      assert.throws(() => [...entriesOf(reader(text, chunk), 'here')], invalid, text);
  }
});

test('an index with two lists is refused: readers would not agree on which counts', () => {
  const list = `"manifests":[${JSON.stringify(plain)}]`;
  const text = `{"schemaVersion":2,${list},${list}}`;
  assert.throws(
    () => [...entriesOf(reader(text, 1000), 'here')],
    (error) => isSkerryError(error, 'LAYOUT_INVALID'),
  );
});
