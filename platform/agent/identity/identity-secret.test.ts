import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { ScriptedApiServer } from '../../../apply/testing/api-server.ts';
import { isSkerryError } from '../../../content/error.ts';
import { IdentitySecret } from './identity-secret.ts';

const NAMESPACE = 'skerry-system';
const ID = `Secret ${NAMESPACE}/skerry-agent-identity`;
const code = (wanted: string) => (error: unknown) => isSkerryError(error, wanted);

describe("the agent's identity", () => {
  let server: ScriptedApiServer;

  beforeEach(async () => {
    server = await ScriptedApiServer.start();
    server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  });
  afterEach(async () => await server.close());

  const open = async () => {
    const { signal } = new AbortController();
    return await IdentitySecret.open({ client: server.client(), namespace: NAMESPACE, signal });
  };

  test('is made once, and the same for two agents that start at once and after a restart', async () => {
    const [one, two] = await Promise.all([open(), open()]);
    const again = await open();
    assert.equal(one.current.key, again.current.key);
    assert.equal(two.current.key, again.current.key);
  });

  test('is never made a second time over a corrupt one', async () => {
    await open();
    const stored = server.objects.find(ID);
    assert.ok(stored !== undefined);
    const before = { ...Object(stored.data) };
    for (const data of [{ ...before, 'tls.key': 'AAAA' }, { ...before, 'sealing.jwk': 'e30=' }, {}]) {
      server.objects.replace({
        ...stored,
        metadata: { name: stored.metadata.name, namespace: NAMESPACE },
        data,
      });
      await assert.rejects(open(), code('IDENTITY_UNREADABLE'));
      assert.deepEqual(server.objects.find(ID)?.data, data);
    }
  });

  test('gives up when its Secret never stands still, and goes on with what it had', async () => {
    server.fail({ method: 'POST', path: /secrets/, times: 100, how: { status: 409 } });
    await assert.rejects(open(), code('IDENTITY_CONTESTED'));
    assert.equal(server.objects.find(ID), undefined);
    server.mend();
    const identity = await open();
    const before = server.objects.find(ID);
    server.fail({ method: 'PUT', path: /secrets/, times: 100, how: { status: 409 } });
    const hub = { urls: ['https://hub'], authorities: ['a'], keys: ['k'] };
    const given = { enrolled: { project: 'p', cluster: 'c', hub } };
    await assert.rejects(identity.keep(given), code('IDENTITY_CONTESTED'));
    assert.equal(identity.current.enrolled, undefined);
    assert.deepEqual(server.objects.find(ID), before);
    server.mend();
    await identity.keep(given);
    assert.deepEqual((await open()).current.enrolled, given.enrolled);
  });
});
