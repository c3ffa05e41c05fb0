import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMirror } from '../file/mirror-file.ts';
import { registryOptions } from './registry-options.ts';

test('what is said of a registry counts however its host is written', async () => {
  const mirror = parseMirror(
    `{apiVersion: skerry.dev/v1, kind: Mirror, name: x, jobs: [{name: a, from: a, to: b}], registries: [
      {host: Registry.Example, requestsPerSecond: 5}, {host: 'other.example:443', proxy: none},
      {host: plain.example, plainHttp: true}]}`,
    'mirror.yaml',
  );
  const file = { mirror, path: 'mirror.yaml', resolve: (path: string) => path };
  const options = await registryOptions(file, { credentials: async () => undefined });
  for (const host of ['registry.example', 'Registry.Example', 'registry.example:443'])
    assert.equal(options.of(host).limits?.requestsPerSecond, 5, host);
  assert.equal(options.of('other.example').useProxy, false);
  assert.equal(options.of('registry.example:5000').limits, undefined);
  assert.equal(options.addressOf('Plain.example'), 'http://Plain.example');
});
