import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiRequest } from '../../../apply/client/transport.ts';
import { impersonating, inNameOf } from './impersonation.ts';

test('what a user writes of the platform is written in their name, and nothing else is', async () => {
  const sent: ApiRequest[] = [];
  const nowhere = async () => await Promise.reject(new Error('not asked'));
  const transport = impersonating({
    server: 'https://k.example',
    send: async (request) => {
      sent.push(request);
      return { status: 200, text: '{}' };
    },
    ...{ stream: nowhere, open: nowhere },
  });
  const ask = async (method: ApiRequest['method'], path: string) =>
    await transport.send({ method, path, subject: path });
  const erin = { username: 'oidc:erin', groups: ['oidc:a', 'oidc:b', 'system:authenticated'] };
  const clusters = '/apis/skerry.dev/v1/namespaces/p/clusters';
  await inNameOf(erin, async () => {
    await ask('POST', clusters);
    await ask('GET', clusters);
    await ask('POST', '/api/v1/namespaces');
    await ask('POST', '/apis/skerry.dev.evil/v1/clusters');
  });
  await inNameOf({ username: 'oidc:dan' }, async () => await ask('DELETE', `${clusters}/a`));
  await ask('PUT', `${clusters}/a`);
  assert.deepEqual(
    sent.map(({ headers }) => headers),
    [
      { 'impersonate-user': 'oidc:erin', 'impersonate-group': ['oidc:a', 'oidc:b'] },
      ...[undefined, undefined, undefined],
      { 'impersonate-user': 'oidc:dan' },
      undefined,
    ],
  );
});
