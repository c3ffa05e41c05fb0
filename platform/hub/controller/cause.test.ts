import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inputOf, made, packOf, profileOf } from '../compile/testing/sample.ts';
import { causeOf } from './cause.ts';

test('what is different in an envelope is named, and nothing else', async () => {
  const first = await made(inputOf(profileOf([packOf('web'), packOf('cache')])));
  const cause = async (more: Parameters<typeof inputOf>[1], packs = [packOf('web'), packOf('cache')]) =>
    causeOf(await made(inputOf(profileOf(packs), { last: first, ...more })), first);
  assert.equal(causeOf(first, undefined), 'first');
  assert.equal(
    await cause({
      spec: { profiles: [{ name: 'web', version: '1.0.0' }], agent: { version: '0.2.0' } },
      agentImage: async () => 'agent@sha256:b',
    }),
    'agent 0.2.0',
  );
  assert.equal(await cause({}, [packOf('web', { values: 'replicas: 3' }), packOf('cache')]), 'web changed');
  assert.equal(await cause({}, [packOf('web'), packOf('mesh')]), '+ mesh 1.0.0, − cache');
  assert.equal(
    await cause({ hub: { urls: ['https://other.test'], authorities: ['ca'], keys: ['key'] } }),
    'other settings',
  );
});
