import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { createHelm } from '../../../apply/helm/helm.ts';
import { ScriptedApiServer } from '../../../apply/testing/api-server.ts';
import { isSkerryError } from '../../../content/error.ts';
import { testFolder } from '../../../content/testing/folder.ts';
import { helmRecord } from '../testing/helm-record.ts';
import { layerEngine } from './layer-engine.ts';
import { asChartOfLayer, isForeign, refuseForeign } from './layer-owner.ts';

const WEB = { name: 'web', namespace: 'web' };
const { signal } = new AbortController();

let server: ScriptedApiServer;
beforeEach(async () => {
  server = await ScriptedApiServer.start();
});
afterEach(async () => await server.close());

test('a release that somebody else has made is refused, and one that an agent has made is known again', async () => {
  const client = server.client();
  assert.equal(await isForeign(client, WEB, signal), false);
  server.put(helmRecord({ ...WEB, revision: 1, status: 'deployed' }));
  await assert.rejects(refuseForeign(client, WEB, signal), (error) => isSkerryError(error, 'LAYER_FOREIGN'));
  const chart = { path: '', mayHoldCrds: () => false, metadata: { name: 'web', version: '1.0.0' } };
  const { annotations } = asChartOfLayer(chart, 'web').metadata;
  server.put(helmRecord({ ...WEB, revision: 2, status: 'failed', annotations }));
  await refuseForeign(client, WEB, signal);
});

test('a layer is neither applied over nor removed with a release of somebody else', async () => {
  server.put(helmRecord({ ...WEB, revision: 1, status: 'deployed' }));
  const names = server.names();
  const scratch = await testFolder('layer');
  const helm = createHelm({ program: 'helm is not run', home: scratch, environment: {} });
  const unseal = async () => undefined;
  const engine = layerEngine({ client: server.client(), helm, scratch, namespace: 'skerry-system', unseal });
  const layer = {
    ...WEB,
    profile: { name: 'sea', version: '1.0.0' },
    pack: { registry: 'r', repository: 'web', version: '1.0.0', digest: `sha256:${'a'.repeat(64)}` as const },
    values: {},
    dependsOn: [],
    timeoutSeconds: 10,
    health: [],
    drift: { mode: 'observe' as const },
    onRemove: 'prune' as const,
  };
  const told = { onProgress: () => undefined, onDropped: async () => undefined };
  const options = { registries: [], isOurs: false, signal, ...told };
  await assert.rejects(engine.apply(layer, options), (error) => isSkerryError(error, 'LAYER_FOREIGN'));
  assert.equal(
    await engine.remove(WEB, { isOurs: false, signal, leaving: [], onLeaving: async () => undefined }),
    false,
  );
  assert.deepEqual(server.names(), names);
});
