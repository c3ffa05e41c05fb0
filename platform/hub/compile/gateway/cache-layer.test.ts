import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { at } from '../../../../apply/json.ts';
import type { RegistryCache } from '../../../api/gateway.ts';
import type { SecretText } from '../variables.ts';
import { planGateway } from './plan-gateway.ts';
import { envelopeLayers, GATEWAY, sourcesOf } from './testing/sample-gateway.ts';

const CACHE: RegistryCache = { endpoint: 'https://10.0.0.5:31998', ca: 'AA==' };
const LENT: Readonly<Record<string, string>> = {
  'pull key': '{"username":"u","password":"hunter2"}',
  'tls tls.crt': 'CERT',
  'tls tls.key': 'KEY',
};

/** A gateway with a cache, and Secrets that are lent for these hosts. */
function planWith(
  cache: RegistryCache | undefined,
  hosts: readonly string[],
  last: Parameters<typeof planGateway>[1] = [],
) {
  const registry = {
    endpoint: 'https://registry.site:5000',
    credentials: { name: 'pull', key: 'key' },
    ...(cache === undefined ? {} : { cache }),
  };
  const spec = { ...GATEWAY, nodes: { ...GATEWAY.nodes, registry } };
  const secretText: SecretText = (name, key, use) =>
    'host' in use && hosts.includes(use.host ?? '') ? LENT[`${name} ${key}`] : { refused: 'not lent' };
  const gateway = { project: 'team', name: 'gw', spec, isLeaving: false };
  return planGateway(sourcesOf({ gateway, machines: { secretText } }), last);
}

const BOTH = ['registry.site:5000', '10.0.0.5:31998'];

describe('the cache of a gateway', () => {
  test('is a layer of its own, and machines hear of it', () => {
    const cache = { ...CACHE, certificate: { name: 'tls' }, sizeGiB: 50, storageClass: 'fast' };
    const { layers, findings } = planWith(cache, BOTH);
    assert.deepEqual(findings, []);
    const layer = layers.find(({ name }) => name === 'registry-cache');
    assert.deepEqual(layer?.layer.values, {
      upstream: { endpoint: 'https://registry.site:5000' },
      ...{ port: 31998, sizeGiB: 50, storageClass: 'fast' },
    });
    assert.deepEqual(layer?.secrets, { certificate: { cert: 'CERT', key: 'KEY' } });
    const machines = layers.find(({ name }) => name === 'machines-team');
    assert.deepEqual(at(machines?.layer.values, 'nodes', 'registry', 'cache'), CACHE);
    assert.ok(!JSON.stringify(layers.map((one) => one.layer)).includes('KEY'));
  });

  test('gets no credentials that are not lent for it', () => {
    const { layers, findings } = planWith(CACHE, ['registry.site:5000']);
    assert.deepEqual(
      findings.map(({ code, path }) => `${code} ${path}`),
      ['SECRET_NOT_LENT spec.nodes.registry.credentials'],
    );
    assert.ok(layers.every(({ name }) => name !== 'machines-team'));
    const certified = planWith({ ...CACHE, certificate: { name: 'tls' } }, ['registry.site:5000']);
    assert.ok(certified.findings.some(({ path }) => path === 'spec.nodes.registry.cache.certificate'));
    const missing = planWith({ ...CACHE, certificate: { name: 'other' } }, BOTH);
    assert.deepEqual(
      missing.findings.map(({ code }) => code),
      ['SECRET_MISSING'],
    );
  });

  test('goes when the gateway has none any more, and stays while its layer cannot be made', () => {
    const last = envelopeLayers(planWith(CACHE, BOTH));
    const names = (plan: ReturnType<typeof planWith>) => plan.layers.map(({ name }) => name);
    assert.ok(
      names(planWith({ ...CACHE, certificate: { name: 'other' } }, BOTH, last)).includes('registry-cache'),
    );
    assert.ok(!names(planWith(undefined, BOTH, last)).includes('registry-cache'));
  });
});
