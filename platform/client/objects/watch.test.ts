import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { HubConnection } from '../connection/connection.ts';
import { anyKind } from '../kinds.ts';
import { startTlsServer } from '../testing/tls-server.ts';
import { Objects } from './objects.ts';
import { watchObjects } from './watch.ts';

test('a watch that breaks goes on, and says what went in between', async () => {
  const object = (name: string) => ({ name, project: 'p', uid: name, created: '', version: '1', spec: {} });
  const lists = [[object('a'), object('b')], [object('b')]];
  const send = (response: ServerResponse, event: string, data: unknown) =>
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  const server = await startTlsServer((_, response) => {
    const items = lists.shift();
    if (items === undefined) return;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    send(response, 'listed', { items, version: '1' });
    send(response, 'heartbeat', {});
    send(response, 'added', object('c'));
    if (lists.length === 1) response.end();
  });
  const connection = new HubConnection({ url: server.url, ca: server.ca, token: 't' });
  const stop = new AbortController();
  const kind = anyKind.get('Cluster');
  assert.ok(kind);
  const objects = new Objects(connection, kind, 'p', stop.signal);
  const said: string[] = [];
  try {
    for await (const change of watchObjects({ connection, objects, signal: stop.signal })) {
      said.push(change.type === 'listed' ? 'listed' : `${change.type} ${change.object.name}`);
      if (said.length === 9) break;
    }
    assert.deepEqual(said, [
      'present a',
      'present b',
      'listed',
      'present c',
      'present b',
      'deleted a',
      'deleted c',
      'listed',
      'present c',
    ]);
  } finally {
    await connection.close();
    await server.close();
  }
});
