import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { createHelm } from '../../../apply/helm/helm.ts';
import { ScriptedApiServer } from '../../../apply/testing/api-server.ts';
import { isSkerryError } from '../../../content/error.ts';
import { testFolder } from '../../../content/testing/folder.ts';
import { platformError } from '../../errors.ts';
import { layerEngine } from './layer-engine.ts';
import { checkPermissions } from './layer-permissions.ts';
import { layerValues } from './layer-values.ts';
import { addressOnNodes } from './registry-on-nodes.ts';

let server: ScriptedApiServer;
beforeEach(async () => {
  server = await ScriptedApiServer.start();
});
afterEach(async () => await server.close());

test('a layer of a registry that the envelope does not name is refused, and changes nothing', async () => {
  const names = server.names();
  await assert.rejects(apply([]), withCode('LAYER_REGISTRY_UNKNOWN'));
  assert.deepEqual(server.names(), names);
});

test('a login that was sealed for another agent, or is none, is refused', async () => {
  const registry = { name: 'platform', address: 'http://127.0.0.1:1', sealed: 'x' };
  await assert.rejects(apply([registry]), withCode('LAYER_REGISTRY_UNKNOWN'));
  const unseal = async () => {
    throw platformError('LAYER_FAILED', { subject: 'sealed' });
  };
  await assert.rejects(apply([registry], unseal), withCode('LAYER_FAILED'));
});

test('each verb that is missing is named, with its resource and group', async () => {
  server.denied = ({ verb, resource }) => resource === 'deployments' && verb !== 'get';
  const { signal } = new AbortController();
  const permissions = [
    { group: 'apps', resource: 'deployments', verbs: ['get', 'patch'] },
    { group: '', resource: 'configmaps' },
  ];
  await assert.rejects(checkPermissions(server.client(), 'layer web', permissions, signal), (error) => {
    assert.ok(isSkerryError(error, 'CLUSTER_FORBIDDEN'));
    assert.match(error.detail ?? '', /"apps".*deployments.*patch/);
    assert.doesNotMatch(error.detail ?? '', /configmaps/);
    return true;
  });
});

test('values are laid over each other by key, lists and nulls as a whole', () => {
  const base = { a: { b: 1, c: [1, 2] }, d: { e: 1 } };
  assert.deepEqual(layerValues(base, { a: { c: [3] } }, { d: null }), { a: { b: 1, c: [3] }, d: null });
});

test('the platform’s own registry has an address of its own on nodes, and no other has', () => {
  const own = { address: 'skerry-registry.skerry-system.svc:5000', onNodes: 'localhost:31999' };
  assert.equal(addressOnNodes('http://skerry-registry.skerry-system.svc:5000', own), 'localhost:31999');
  assert.equal(addressOnNodes('registry.example:5000', own), 'registry.example:5000');
});

async function apply(
  registries: { name: string; address: string; sealed?: string }[],
  unseal: (jwe: string) => Promise<unknown> = async () => 'no login',
): Promise<void> {
  const scratch = await testFolder('layer');
  const helm = createHelm({ program: 'helm is not run', home: scratch, environment: {} });
  const engine = layerEngine({ client: server.client(), helm, scratch, namespace: 'skerry-system', unseal });
  await engine.apply(
    {
      name: 'web',
      namespace: 'web',
      profile: { name: 'sea', version: '1.0.0' },
      pack: {
        registry: 'platform',
        repository: 'skerry/packs/web',
        version: '1.0.0',
        digest: `sha256:${'a'.repeat(64)}`,
      },
      values: {},
      dependsOn: [],
      timeoutSeconds: 10,
      health: [],
      drift: { mode: 'observe' },
      onRemove: 'prune',
    },
    {
      registries,
      isOurs: false,
      signal: new AbortController().signal,
      onProgress: () => undefined,
      onDropped: async () => undefined,
    },
  );
}

function withCode(code: string) {
  return (error: unknown) => isSkerryError(error, code);
}
