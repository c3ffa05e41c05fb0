import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageOf, putManifest } from '../../testing/content.ts';
import { startRegistry } from '../../testing/registry.ts';
import { TestStore } from '../../testing/store.ts';
import { AnswerMemory } from '../answer/answer-memory.ts';
import { ListTurns } from '../list-turns.ts';
import { ListPages } from './list-pages.ts';

/** Of an exchange, what the pages look at. */
function askingOf() {
  return { signal: new AbortController().signal, answers: new AnswerMemory({ most: 0 }) };
}

function makerOf() {
  let made = 0;
  return { made: () => made, make: async () => ({ body: Buffer.from(`${++made}`), next: undefined }) };
}

test('those who ask for the same page at once get the same bytes, until something has changed', async () => {
  const store = Object.assign(new TestStore(), { revision: 0 });
  const pages = new ListPages(store, new ListTurns());
  const { made, make } = makerOf();
  const askMany = async () =>
    await Promise.all(Array.from({ length: 20 }, () => pages.find(askingOf(), 'a', make)));
  assert.equal(new Set(await askMany()).size, 1);
  assert.equal(made(), 1);
  store.revision++;
  assert.equal(new Set((await askMany()).map(({ body }) => `${body}`)).size, 1);
  assert.equal(made(), 2);
});

test('other pages, pages for one alone and pages of a store that says no revision are made for each', async () => {
  const store = Object.assign(new TestStore(), { revision: 0 });
  const { made, make } = makerOf();
  const pages = new ListPages(store, new ListTurns());
  for (const key of ['a', 'b', undefined, undefined]) await pages.find(askingOf(), key, make);
  assert.equal(made(), 4);
  const others = new ListPages(new TestStore(), new ListTurns());
  for (let count = 0; count < 2; count++) await others.find(askingOf(), 'a', make);
  assert.equal(made(), 6);
});

test('a page that was made while something changed is not kept', async () => {
  const store = Object.assign(new TestStore(), { revision: 0 });
  const pages = new ListPages(store, new ListTurns());
  const { made, make } = makerOf();
  await pages.find(askingOf(), 'a', async () => {
    store.revision++;
    return await make();
  });
  await pages.find(askingOf(), 'a', make);
  assert.equal(made(), 2);
});

test('lists say at once what was pushed and deleted', async (t) => {
  const registry = await startRegistry(t, { backend: 'served', log: () => {} });
  const listed = async (path: string) => `${(await registry.send('GET', path)).body}`;
  for (const tag of ['one', 'two']) {
    await putManifest(registry, 'a', tag, imageOf({}));
    assert.match(await listed('/v2/a/tags/list'), new RegExp(`"${tag}"`));
    await putManifest(registry, tag, 'x', imageOf({}));
    assert.match(await listed('/v2/_catalog'), new RegExp(`"${tag}"`));
  }
  assert.equal((await registry.send('DELETE', '/v2/a/manifests/one')).status, 202);
  assert.deepEqual(JSON.parse(await listed('/v2/a/tags/list')), { name: 'a', tags: ['two'] });
});
