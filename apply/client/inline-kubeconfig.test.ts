import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stringify } from 'yaml';
import { isSkerryError } from '../../content/error.ts';
import { inlineKubeconfig } from './inline-kubeconfig.ts';

const SECRET = 'sesame-open';
const encode = (text: string) => Buffer.from(text).toString('base64');
const CLUSTER = { server: 'https://api.example:6443', 'certificate-authority-data': encode('a CA') };

function kubeconfig(user: object, cluster: object = CLUSTER): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user }],
  });
}

describe('a kubeconfig that somebody else wrote', () => {
  test('is used with a token or a certificate', async () => {
    const server = inlineKubeconfig(kubeconfig({ token: SECRET }), 'it');
    assert.equal(server.url, CLUSTER.server);
    assert.deepEqual((await server.authenticate()).headers, { authorization: `Bearer ${SECRET}` });
    const pair = { 'client-certificate-data': encode('cert'), 'client-key-data': encode('key') };
    assert.deepEqual((await inlineKubeconfig(kubeconfig(pair), 'it').authenticate()).headers, {});
  });

  const token = { token: SECRET };
  const hostile: Record<string, string> = {
    'runs a program': kubeconfig({ exec: { command: 'sh', args: ['-c', SECRET] } }),
    'runs a program beside its token': kubeconfig({ ...token, exec: { command: SECRET } }),
    'has a provider to log in': kubeconfig({ 'auth-provider': { name: SECRET } }),
    'reads a token from a file': kubeconfig({ tokenFile: '/var/run/secrets/token' }),
    'reads a certificate from a file': kubeconfig({
      'client-certificate': '/etc/passwd',
      'client-key': SECRET,
    }),
    'reads an authority from a file': kubeconfig(token, {
      ...CLUSTER,
      'certificate-authority': '/etc/shadow',
    }),
    'trusts whatever answers': kubeconfig(token, { ...CLUSTER, 'insecure-skip-tls-verify': true }),
    'goes through a proxy': kubeconfig(token, { ...CLUSTER, 'proxy-url': 'http://proxy.example' }),
    'has no TLS': kubeconfig(token, { server: 'http://api.example' }),
    'is a file': kubeconfig(token, { server: 'file:///etc/passwd' }),
    'has a header in its token': kubeconfig({ token: `${SECRET}\r\nX-Remote-User: admin` }),
    'is another user': kubeconfig({ ...token, as: 'system:admin' }),
    'is no YAML': `users: [${SECRET}\n\t{`,
    'is a bomb': `a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c, *c, *c]\n`,
    'is nothing': '',
    'is too large': `${'#'.repeat(300_000)}\n${kubeconfig(token)}`,
  };
  for (const [what, text] of Object.entries(hostile)) {
    test(`is refused when it ${what}, and nothing of it is said`, () => {
      assert.throws(
        () => inlineKubeconfig(text, 'it'),
        (error) => {
          assert.ok(isSkerryError(error, 'KUBECONFIG_INVALID'));
          assert.doesNotMatch(`${error.detail} ${error.stack} ${error.cause}`, new RegExp(SECRET));
          return true;
        },
      );
    });
  }
});
