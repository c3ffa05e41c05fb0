import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ScriptedApiServer } from '../../apply/testing/api-server.ts';
import { isSkerryError } from '../../content/error.ts';
import { deliver } from './alert/deliver.ts';
import { compile } from './compile/compile.ts';
import { codesOf, inputOf, packOf, profileOf } from './compile/testing/sample.ts';
import { readSecrets } from './controller/secret-source.ts';
import { refusalOf, registryHost } from './lent-secret.ts';

const secret = (use?: string, hosts?: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name: 's',
    namespace: 'p',
    ...(use === undefined ? {} : { labels: { 'skerry.dev/use': use } }),
    ...(hosts === undefined ? {} : { annotations: { 'skerry.dev/hosts': hosts } }),
  },
  data: Object.fromEntries(
    ['username', 'password', 'key'].map((key) => [key, Buffer.from('hunter2').toString('base64')]),
  ),
});

describe('a Secret of a project', () => {
  test('is lent for one purpose and, where it leaves for elsewhere, to hosts by name', () => {
    const registry = (host: string) => ({ purpose: 'registry', host }) as const;
    assert.equal(refusalOf(secret('variables'), { purpose: 'variables' }), undefined);
    assert.equal(refusalOf(secret('registry', 'a.test:5000, b.test'), registry('A.test:5000')), undefined);
    assert.equal(refusalOf(secret('registry', 'a.test:5000, b.test'), registry('b.test:443')), undefined);
    assert.equal(refusalOf(secret('kubeconfig'), { purpose: 'kubeconfig' }), undefined);
    for (const [stored, use] of [
      [secret(), { purpose: 'variables' }],
      [secret('alerts', 'a.test'), { purpose: 'variables' }],
      [secret('variables'), { purpose: 'kubeconfig' }],
      [secret('registry'), registry('a.test')],
      [secret('registry', ''), registry('')],
      [secret('registry', 'a.test:5000'), registry('a.test')],
      [secret('registry', 'a.test:5000'), registry('a.test:5001')],
      [secret('registry', 'a.test'), registry('a.test.evil')],
      [secret('variables', 'a.test'), registry('a.test')],
    ] as const)
      assert.notEqual(refusalOf(stored, use), undefined);
    assert.equal(registryHost('https://a.test:5000/x'), 'a.test:5000');
    assert.equal(registryHost('https://b.test@a.test'), 'a.test');
    assert.equal(registryHost('a.test'), 'a.test');
  });

  test('that is not lent gets into no envelope, to no registry and to no receiver', async () => {
    const server = await ScriptedApiServer.start();
    const { signal } = new AbortController();
    try {
      server.put(secret());
      const client = server.client();
      const profile = profileOf([packOf('web', { registry: 'other' })], {
        variables: [{ name: 'v', sensitive: true }],
      });
      const spec = {
        profiles: [
          { name: 'web', version: '1.0.0', variables: [{ name: 'v', secret: { name: 's', key: 'key' } }] },
        ],
      };
      const other = { address: 'evil.test', prefix: 'p', credentials: { name: 's' } };
      const registries = new Map([['other', other]]);
      const secretText = await readSecrets(client, 'p', spec, registries.values(), signal);
      const compiled = await compile({ ...inputOf(profile), spec, registries, secretText });
      assert.deepEqual([...new Set(codesOf(compiled))], ['SECRET_NOT_LENT']);
      assert.ok(!JSON.stringify(compiled).includes('hunter2'));
      const key = { name: 's', key: 'key' };
      const sent = deliver(
        { project: 'p', name: 'r', spec: { webhook: { url: 'http://127.0.0.1:9/', secret: key } } },
        [],
        { client, signal, now: new Date() },
      );
      await assert.rejects(sent, (error) => isSkerryError(error, 'SECRET_NOT_LENT'));
    } finally {
      await server.close();
    }
  });
});
