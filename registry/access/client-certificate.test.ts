import assert from 'node:assert/strict';
import { request } from 'node:https';
import { suite, type TestContext, test } from 'node:test';
import type { AuditEntry } from '../audit/audit.ts';
import { basic, testAccess } from '../testing/access.ts';
import { type TestAuthority, testAuthority } from '../testing/authority.ts';
import { startRegistry } from '../testing/registry.ts';

interface Shown {
  readonly cert?: string;
  readonly key?: string;
  readonly authorization?: string;
}

/** The status that a new connection gets, or "refused" when there is no connection. */
function knock(
  port: number,
  ca: string,
  { authorization, ...certificate }: Shown,
  method = 'GET',
): Promise<number | string> {
  return new Promise((resolve) => {
    const path = method === 'GET' ? '/v2/' : '/v2/team/app/blobs/uploads/';
    const headers = authorization === undefined ? {} : { authorization };
    const asked = request(
      { host: '127.0.0.1', port, path, method, ca, headers, agent: false, ...certificate },
      (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
      },
    );
    asked.on('error', () => resolve('refused')).end();
  });
}

async function start(t: TestContext, clients: TestAuthority) {
  const server = await testAuthority();
  const { access } = await testAccess({
    certificateUsers: true,
    lines: ['node-1:!:**=pull', 'ci-1:!:team/*=pull,push'],
  });
  const pair = await server.issue('registry');
  const entries: AuditEntry[] = [];
  const audit = { record: async (entry: AuditEntry) => void entries.push(entry) };
  const registry = await startRegistry(t, { access, audit, tls: { ...pair, clientCa: clients.ca } });
  return {
    registry,
    entries,
    pair,
    ask: (shown: Shown, method?: string) => knock(registry.port, server.ca, shown, method),
  };
}

suite('client certificates', () => {
  test('who has none, or one of another authority, is not let in at all', async (t) => {
    const clients = await testAuthority();
    const { ask } = await start(t, clients);
    assert.equal(await ask({}), 'refused');
    assert.equal(await ask({ authorization: basic('ada', 'päss:word') }), 'refused');
    assert.equal(await ask(await (await testAuthority()).issue('node-1')), 'refused');
    assert.equal(await ask(await clients.issue('node-1')), 200);
  });

  test('the name in a certificate is an account, with its rights and no password', async (t) => {
    const clients = await testAuthority();
    const { ask, registry, entries } = await start(t, clients);
    assert.equal(await ask(await clients.issue('node-1'), 'POST'), 403);
    const logins = entries.filter(({ action }) => action === 'login');
    assert.deepEqual(
      logins.map(({ user, method, result }) => [user, method, result]),
      [['node-1', 'certificate', 'done']],
    );
    assert.equal(await ask(await clients.issue('ci-1'), 'POST'), 202);
    assert.equal(registry.log.at(-1)?.user, 'ci-1');
  });

  test('a name that is nobody’s may still log in, and what a client says goes before its certificate', async (t) => {
    const clients = await testAuthority();
    const { ask, registry } = await start(t, clients);
    const nobody = await clients.issue('nobody');
    const authorization = basic('ada', 'päss:word');
    assert.equal(await ask(nobody), 401);
    assert.equal(await ask({ ...nobody, authorization }), 200);
    assert.equal(await ask({ ...(await clients.issue('node-1')), authorization }, 'POST'), 202);
    assert.equal(registry.log.at(-1)?.user, 'ada');
  });

  test('another authority can take over without a stop', async (t) => {
    const [before, after] = [await testAuthority(), await testAuthority()];
    const { ask, registry, pair } = await start(t, before);
    const [old, young] = [await before.issue('node-1'), await after.issue('node-1')];
    assert.deepEqual([await ask(old), await ask(young)], [200, 'refused']);
    registry.reloadTls({ ...pair, clientCa: after.ca });
    assert.deepEqual([await ask(old), await ask(young)], ['refused', 200]);
    assert.throws(() => registry.reloadTls({ ...pair, clientCa: 'broken' }), {
      code: 'REGISTRY_TLS_INVALID',
    });
    assert.equal(await ask(young), 200);
  });
});
