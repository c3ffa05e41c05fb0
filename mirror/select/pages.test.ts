import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import { openRemote } from '../../content/remote/store.ts';
import { namesOf } from './pages.ts';

const TAGS = Array.from({ length: 2500 }, (_, index) => `v${String(index).padStart(4, '0')}`);

/** What a registry's list gives, of one that answers each address as told. */
async function listed(answer: (url: URL) => { tags: readonly string[]; next?: string }): Promise<string[]> {
  const server = createServer((request, response) => {
    const { tags, next } = answer(new URL(request.url ?? '', 'http://registry'));
    const link = next === undefined ? {} : { link: `<${next}>; rel="next"` };
    response
      .writeHead(200, { 'content-type': 'application/json', ...link })
      .end(JSON.stringify({ name: 'app', tags }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const store = openRemote(`http://127.0.0.1:${address.port}`);
  try {
    return await Array.fromAsync(namesOf((page) => store.listTags('app', page), undefined));
  } finally {
    await store.close();
    server.closeAllConnections();
    server.close();
  }
}

test('a registry that gives all tags whatever it is asked for loses none (Distribution 2)', async () => {
  assert.deepEqual(await listed(() => ({ tags: TAGS })), TAGS);
});

test('pages that only the registry’s own links lead to are all read (Quay)', async () => {
  const names = await listed(({ searchParams }) => {
    const start = Number(searchParams.get('next_page') ?? 0);
    const end = start + 100;
    return {
      tags: TAGS.slice(start, end),
      ...(end < TAGS.length ? { next: `/v2/app/tags/list?next_page=${end}` } : {}),
    };
  });
  assert.deepEqual(names, TAGS);
});

test('pages that lead back to one another are refused at once', async () => {
  let asked = 0;
  const circle = listed(({ searchParams }) => {
    asked++;
    return {
      tags: TAGS.slice(0, 10),
      next: `/v2/app/tags/list?page=${searchParams.get('page') === '1' ? 2 : 1}`,
    };
  });
  await assert.rejects(circle, (error) => isSkerryError(error, 'REGISTRY_ERROR'));
  assert.ok(asked < 5);
});
