import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lookups } from './lookups.ts';

test('an answer is looked up again only when something has changed', () => {
  const index = { revision: 0 };
  const lookups = new Lookups<string>(index, 10);
  const find = (there: string) => lookups.find('a', () => there);
  assert.equal(find('first'), 'first');
  assert.equal(find('second'), 'first');
  index.revision++;
  assert.equal(find('second'), 'second');
});

test('what was not there is looked for again', () => {
  const lookups = new Lookups<string>({ revision: 0 }, 10);
  const find = (there: string | undefined) => lookups.find('a', () => there);
  assert.equal(find(undefined), undefined);
  assert.equal(find('by now'), 'by now');
});

test('no more answers are kept than were allowed', () => {
  const lookups = new Lookups<number>({ revision: 0 }, 100);
  let looked = 0;
  const find = (key: number) => lookups.find(String(key), () => ++looked);
  for (let key = 0; key < 1000; key++) find(key);
  for (let key = 999; key >= 0; key--) find(key);
  assert.ok(looked >= 1900, `${looked}`);
});
