import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import { awaitRegistry } from './await-registry.ts';

/** A server whose answers come from a list; the last one is repeated. */
async function serving(statuses: number[]): Promise<{ url: string; close: () => void }> {
  const server = createServer((_, response) => {
    response.statusCode = (statuses.length > 1 ? statuses.shift() : statuses[0]) ?? 500;
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { url: `http://127.0.0.1:${address.port}`, close: () => server.close() };
}

test('a registry that is away for a while is waited for; any word of its own is an answer', async () => {
  for (const last of [200, 401, 404, 500]) {
    const { url, close } = await serving([503, 502, last]);
    await awaitRegistry(url, { waitMs: 60_000, signal: new AbortController().signal });
    close();
  }
});

test('one that stays away is an error with a code, and the wait ends with its signal', async () => {
  const { url, close } = await serving([503]);
  const signal = new AbortController().signal;
  await assert.rejects(awaitRegistry(url, { waitMs: 0, signal }), (error) =>
    isSkerryError(error, 'REGISTRY_UNREACHABLE'),
  );
  const stopped = AbortSignal.abort(new Error('stop'));
  await assert.rejects(awaitRegistry(url, { waitMs: 60_000, signal: stopped }), /stop/);
  close();
  await assert.rejects(awaitRegistry('http://127.0.0.1:1', { waitMs: 0, signal }), (error) =>
    isSkerryError(error, 'REGISTRY_UNREACHABLE'),
  );
});
