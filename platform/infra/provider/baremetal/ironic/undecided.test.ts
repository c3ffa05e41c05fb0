import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { CloudConnection } from '../../../connection/cloud-connection.ts';
import { wantedMachine } from '../../../testing/model-bench.ts';
import { IronicClient } from './ironic-client.ts';
import { IronicProvider } from './ironic-provider.ts';

const NODE = { uuid: 'n1', name: 'rack1-01', provision_state: 'available', power_state: 'power off' };
const { signal } = new AbortController();

test('a claim that Ironic never decides is taken back, so that the next look claims again', async (t) => {
  const ironic = await startIronic(t);
  const machine = wantedMachine('m', { shape: { template: 'node', flavor: 'small' } });
  const { mark, shape } = machine;
  await assert.rejects(ironic.provider.act('create', machine, signal), { code: 'CLOUD_REQUEST_FAILED' });
  assert.equal((await ironic.provider.observe(mark, shape, signal)).state, 'absent');
  ironic.decides();
  await ironic.provider.act('create', machine, signal);
  assert.equal((await ironic.provider.observe(mark, shape, signal)).state, 'present');
  assert.deepEqual(ironic.changes, [
    'POST /v1/allocations',
    `DELETE /v1/allocations/${mark.id}`,
    'POST /v1/allocations',
    'PATCH /v1/nodes/n1',
  ]);
});

test('what was allocating when a gateway died is gone on with by the next one', async (t) => {
  const ironic = await startIronic(t);
  const machine = wantedMachine('m', { shape: { template: 'node', flavor: 'small' } });
  const dying = AbortSignal.timeout(200);
  const patient = ironic.open(60_000);
  await assert.rejects(patient.act('create', machine, dying));
  assert.equal((await ironic.provider.observe(machine.mark, machine.shape, signal)).state, 'remains');
  ironic.decides();
  await ironic.provider.act('create', machine, signal);
  assert.deepEqual(ironic.changes, ['POST /v1/allocations', 'PATCH /v1/nodes/n1']);
});

/** One free node, and allocations that stay undecided until it decides. */
async function startIronic(t: TestContext) {
  let allocation: Record<string, unknown> | undefined;
  let isDeciding = false;
  const changes: string[] = [];
  const node = () => ({
    ...NODE,
    resource_class: 'small',
    instance_uuid: isDeciding ? (allocation?.uuid ?? null) : null,
  });
  const answers: Readonly<Record<string, (body: unknown, query: URLSearchParams) => [number, unknown]>> = {
    // Asked for what is free, or for the one of a machine.
    'GET /v1/nodes': (_, query) => {
      const [wanted, has] = [query.get('instance_uuid'), node().instance_uuid];
      return [200, { nodes: wanted === has ? [node()] : [] }];
    },
    'GET /v1/nodes/n1': () => [200, node()],
    'PATCH /v1/nodes/n1': () => [200, node()],
    'POST /v1/allocations': (body) => {
      allocation = typeof body === 'object' ? { ...body } : {};
      return [201, allocation];
    },
    'GET /v1/allocations': () => {
      const decided = isDeciding ? { state: 'active', node_uuid: 'n1' } : { state: 'allocating' };
      return allocation === undefined ? [404, {}] : [200, { ...allocation, ...decided }];
    },
    'DELETE /v1/allocations': () => {
      allocation = undefined;
      return [204, undefined];
    },
  };
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://ironic');
    const line = `${request.method} ${pathname}`;
    if (request.method !== 'GET') changes.push(line);
    const answer = answers[line] ?? answers[line.replace(/(allocations)\/.*/, '$1')];
    const asked = request.method === 'POST' ? await json(request) : undefined;
    const [status, body] = answer?.(asked, searchParams) ?? [404, {}];
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const images = { node: { iso: 'https://images.example/node.iso' } };
  const open = (claimMs: number) => {
    const client = new IronicClient(new CloudConnection({ url, requestsPerSecond: 1000 }), undefined);
    const opened = new IronicProvider(
      client,
      { driver: 'ironic', images },
      { username: '', password: '' },
      claimMs,
    );
    t.after(async () => await opened.close());
    return opened;
  };
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    changes,
    provider: open(100),
    open,
    decides: () => {
      isDeciding = true;
    },
  };
}
