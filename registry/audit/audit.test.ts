import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { digestOf } from '../../content/digest.ts';
import { basic, testAccess, userLine } from '../testing/access.ts';
import { blobOf, pushImage } from '../testing/content.ts';
import { startRegistry } from '../testing/registry.ts';
import type { Audit, AuditEntry } from './audit.ts';

function keep(): Audit & { readonly entries: AuditEntry[] } {
  const entries: AuditEntry[] = [];
  return {
    entries,
    record: async (entry) => {
      entries.push(entry);
    },
  };
}

/** An entry without what every request has. */
function brief({ request: _request, remote: _remote, ...entry }: AuditEntry) {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined));
}

suite('what is written down', () => {
  test('every push, mount and delete, with who did it and under which request', async (t) => {
    const audit = keep();
    const { access } = await testAccess();
    const registry = await startRegistry(t, { backend: 'scoped', access, audit });
    const authorization = basic('ada', 'päss:word');
    const send = (method: string, path: string, body?: string) =>
      registry.send(method, path, {
        headers: { authorization, 'content-type': 'application/vnd.oci.image.index.v1+json' },
        ...(body === undefined ? {} : { body }),
      });
    const blob = digestOf('blob');
    await send('POST', `/v2/a/blobs/uploads/?digest=${blob}`, 'blob');
    await send('POST', `/v2/b/blobs/uploads/?mount=${blob}&from=a`, '');
    const index = JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [],
    });
    await send('PUT', `/v2/a/manifests/${digestOf(index)}?tag=1&tag=2`, index);
    await send('DELETE', '/v2/a/manifests/2');
    await send('DELETE', `/v2/a/manifests/${digestOf(index)}`);
    await send('DELETE', `/v2/b/blobs/${blob}`);
    const user = { user: 'ada', result: 'done' };
    assert.deepEqual(audit.entries.map(brief), [
      { action: 'login', method: 'password', ...user },
      { action: 'push-blob', repository: 'a', digest: blob, ...user },
      { action: 'mount-blob', repository: 'b', digest: blob, from: 'a', ...user },
      { action: 'push-manifest', repository: 'a', digest: digestOf(index), tags: ['1', '2'], ...user },
      { action: 'delete-tag', repository: 'a', digest: digestOf(index), tags: ['2'], ...user },
      { action: 'delete-manifest', repository: 'a', digest: digestOf(index), ...user },
      { action: 'delete-blob', repository: 'b', digest: blob, ...user },
    ]);
    assert.deepEqual(new Set(audit.entries.map(({ remote }) => remote)), new Set(['127.0.0.1']));
    const logged = registry.log.flatMap(({ requestId }) => requestId ?? []);
    assert.ok(audit.entries.every(({ request }) => request !== undefined && logged.includes(request)));
  });

  test('logins by certificate, once for those who come again and again', async () => {
    const { access, state } = await testAccess({ certificateUsers: true, lines: ['node-1:!:**=pull'] });
    const ask = async (address: string) => {
      const caller = { address, certificateName: 'node-1' };
      const asked = { authorization: undefined, caller, repository: 'a', action: 'pull' } as const;
      const decision = await access.authorize(asked);
      return decision.kind === 'allow' ? decision.login : undefined;
    };
    const login = { user: 'node-1', method: 'certificate', right: true };
    assert.deepEqual(await ask('10.0.0.1'), login);
    assert.equal(await ask('10.0.0.1'), undefined);
    assert.deepEqual(await ask('10.0.0.2'), login);
    state.now += 300_001;
    assert.deepEqual(await ask('10.0.0.1'), login);
  });

  test('logins that were not looked at, and how many, and they are counted', async (t) => {
    const audit = keep();
    const { access } = await testAccess();
    const registry = await startRegistry(t, { backend: 'scoped', access, audit });
    const guess = async (n: number, path = '/v2/') =>
      await registry.send('GET', path, { headers: { authorization: basic('ada', `guess-${n}`) } });
    for (let n = 0; n < 5; n++) assert.equal((await guess(n)).status, 401);
    for (const path of ['/v2/', '/token', '/v2/a/tags/list'])
      assert.equal((await guess(9, path)).status, 429);
    const { body } = await registry.send('GET', '/metrics');
    assert.match(body.toString(), /^skerry_registry_logins_total\{result="refused"\} 6$/m);
    await registry.close();
    const throttled = { action: 'login', result: 'refused', user: 'ada', code: 'TOOMANYREQUESTS' };
    assert.deepEqual(audit.entries.slice(5).map(brief), [
      { ...throttled, tries: 1 },
      { ...throttled, tries: 2 },
    ]);
  });

  test('logins that were right and wrong, and tokens, without a secret', async (t) => {
    const audit = keep();
    const { access } = await testAccess({ lines: [await userLine('ci', 'robot', 'team/*=pull')] });
    const registry = await startRegistry(t, { backend: 'scoped', access, audit });
    const get = (path: string, authorization: string) =>
      registry.send('GET', path, { headers: { authorization } });
    for (let n = 0; n < 6; n++) await get('/v2/', basic('ada', `guess-${n}`));
    const { token } = JSON.parse(
      (await get('/token?scope=repository:team/app:pull,push', basic('ci', 'robot'))).body.toString(),
    );
    await get('/v2/team/app/tags/list', `Bearer ${token}`);
    const wrong = { action: 'login', method: 'password', user: 'ada', result: 'refused' };
    assert.deepEqual(audit.entries.map(brief), [
      wrong,
      wrong,
      wrong,
      wrong,
      { ...wrong, blockedFor: 1 },
      { action: 'login', user: 'ada', result: 'refused', code: 'TOOMANYREQUESTS', tries: 1 },
      { action: 'login', method: 'password', user: 'ci', result: 'done' },
      { action: 'token', token: 'id-1', user: 'ci', scope: 'repository:team/app:pull', result: 'done' },
    ]);
    const text = JSON.stringify(audit.entries);
    for (const secret of ['guess', 'robot"', token]) assert.ok(!text.includes(secret), secret);
  });

  test('changes that were refused or failed; and not what clients ask as a matter of course', async (t) => {
    const audit = keep();
    const { access } = await testAccess({ lines: [await userLine('ci', 'robot', 'team/*=pull,push')] });
    const registry = await startRegistry(t, { backend: 'scoped', access, audit });
    const headers = { authorization: basic('ci', 'robot') };
    const send = (method: string, path: string) => registry.send(method, path, { body: 'x', headers });
    await registry.send('PUT', '/v2/team/app/manifests/1', { body: 'x' });
    await send('PUT', '/v2/other/manifests/1');
    await send('DELETE', '/v2/team/app/manifests/1');
    await send('PUT', '/v2/team/app/manifests/1');
    await send('POST', `/v2/team/app/blobs/uploads/?digest=${digestOf('y')}`);
    await send('GET', '/v2/team/app/manifests/1');
    await send('DELETE', `/v2/none/blobs/${digestOf('y')}`);
    const user = { user: 'ci' };
    assert.deepEqual(audit.entries.slice(1).map(brief), [
      {
        action: 'push-manifest',
        repository: 'other',
        tags: ['1'],
        result: 'refused',
        code: 'DENIED',
        ...user,
      },
      {
        action: 'delete-tag',
        repository: 'team/app',
        tags: ['1'],
        result: 'refused',
        code: 'DENIED',
        ...user,
      },
      {
        action: 'push-manifest',
        repository: 'team/app',
        tags: ['1'],
        result: 'failed',
        code: 'MANIFEST_INVALID',
        ...user,
      },
      { action: 'push-blob', repository: 'team/app', result: 'failed', code: 'DIGEST_INVALID', ...user },
      {
        action: 'delete-blob',
        repository: 'none',
        digest: digestOf('y'),
        result: 'refused',
        code: 'DENIED',
        ...user,
      },
    ]);
  });

  test('a change that can’t be written down is not told as done; logins and reads go on', async (t) => {
    const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    const { access } = await testAccess();
    let broken = false;
    const audit: Audit = { record: async () => (broken ? Promise.reject(full) : undefined) };
    const registry = await startRegistry(t, { backend: 'scoped', access, audit });
    const headers = { authorization: basic('ada', 'päss:word') };
    broken = true;
    const digest = digestOf('blob');
    const pushed = await registry.send('POST', `/v2/a/blobs/uploads/?digest=${digest}`, {
      body: 'blob',
      headers,
    });
    assert.equal(pushed.status, 507);
    assert.deepEqual(pushed.codes, ['INSUFFICIENT_STORAGE']);
    assert.equal((await registry.send('GET', `/v2/a/blobs/${digest}`, { headers })).status, 200);
    broken = false;
    assert.equal(
      (await registry.send('POST', `/v2/a/blobs/uploads/?digest=${digest}`, { body: 'blob', headers }))
        .status,
      201,
    );
  });

  test('an answer waits for its line', async (t) => {
    const gate = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const audit: Audit = {
      record: async () => {
        asked.resolve();
        await gate.promise;
      },
    };
    const registry = await startRegistry(t, { backend: 'scoped', audit });
    let answered = false;
    const image = pushImage(registry, 'a', '1', { layers: [blobOf('layer', 10)] }).then(() => {
      answered = true;
    });
    await asked.promise;
    assert.equal(answered, false);
    gate.resolve();
    await image;
    assert.ok(answered);
  });
});
