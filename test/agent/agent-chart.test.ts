import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createHelm } from '../../apply/helm/helm.ts';
import { parseManifests } from '../../apply/manifest.ts';
import { describeObject } from '../../apply/object.ts';
import { testFolder } from '../../content/testing/folder.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { type AgentSetting, agentObjects } from '../../platform/desired/agent-objects.ts';
import { helmProgram } from '../charts/helm-program.ts';
import { PROJECT } from '../install/product.ts';

const { version } = packageJson;
const DIGEST = `sha256:${'a'.repeat(64)}`;
const IMAGE = 'localhost:31999/registry.skerry.example/agent';
const AUTHORITY = '-----BEGIN CERTIFICATE-----\nAAAA/+==\n-----END CERTIFICATE-----\n';
const LEAST: AgentSetting = {
  namespace: 'skerry-system',
  image: `${IMAGE}:${version}@${DIGEST}`,
  urls: ['https://hub.example:8444'],
  authorities: [AUTHORITY],
  cluster: { project: 'sea', name: 'north' },
  rules: [],
  version,
};
const MOST: AgentSetting = {
  ...LEAST,
  urls: ['https://hub.example:8444', 'https://[fd00::1]:8444'],
  keys: ['-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n'],
  token: 'a-token',
  registry: { ip: 'fd00::1', port: 5001 },
  rules: [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'patch'] }],
};

for (const [name, setting] of Object.entries({ LEAST, MOST })) {
  test(`the agent's chart renders to the objects of the manifest that a hub gives out: ${name}`, async () => {
    const home = await testFolder('agent-chart');
    const helm = createHelm({ program: await helmProgram(), home, environment: {} });
    const { urls, authorities, keys = [], cluster, token = '', registry, rules } = setting;
    const text = await helm.template({
      name: 'agent',
      namespace: setting.namespace,
      chart: join(PROJECT, 'manifests/charts/agent'),
      values: {
        image: { repository: IMAGE, digest: DIGEST },
        hub: { urls, authorities, keys },
        ...{ cluster, token, rules },
        ...(registry === undefined ? {} : { registry }),
      },
    });
    const byName = (objects: ReturnType<typeof agentObjects>) =>
      new Map(objects.map((object) => [describeObject(object), JSON.parse(JSON.stringify(object))]));
    const wanted = byName(agentObjects(setting));
    const rendered = byName(parseManifests(text, 'chart'));
    assert.deepEqual([...rendered.keys()].sort(), [...wanted.keys()].sort());
    for (const [id, object] of wanted) assert.deepEqual(rendered.get(id), object, id);
  });
}
