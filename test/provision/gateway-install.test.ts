import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { z } from 'zod';
import { at, listAt } from '../../apply/json.ts';
import { ScriptedApiServer } from '../../apply/testing/api-server.ts';
import { API_VERSION, PROJECT_LABEL } from '../../platform/api/group.ts';
import type { CopyContent } from '../../platform/client/commands/gateway/gateway-install.ts';
import { AGENT_NAMESPACE, REGISTRY_SERVICE } from '../../platform/desired/agent-names.ts';
import { enrollmentRoutes } from '../../platform/hub/enroll/enrollment-routes.ts';
import { type ScriptedHub, startScriptedHub } from '../../platform/hub/testing/scripted-hub.ts';
import { runLine } from './gateway/command-line.ts';

const PROJECT = 'payments';
const ACCOUNT = {
  apiVersion: API_VERSION,
  kind: 'CloudAccount',
  metadata: { name: 'vcenter' },
  spec: {
    type: 'vsphere',
    gateway: 'lab',
    endpoint: 'https://vcenter.test',
    credentials: { name: 'vcenter' },
  },
};
const Plan = z.object({
  checks: z.array(z.object({ check: z.string(), ok: z.boolean() })),
  steps: z.array(z.object({ step: z.string(), state: z.string() })),
});

let hub: ScriptedHub;
let site: ScriptedApiServer;
let folder: string;
const copied: string[] = [];
let tokens = 0;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skerry-gateway-'));
  hub = await startScriptedHub({
    permits: () => true,
    more: (client) =>
      enrollmentRoutes({
        client,
        now: () => new Date(),
        randomId: () => `token-${++tokens}`,
        catalog: { pack: () => assert.fail('no pack is named'), versions: async () => [] },
        door: () => ({ urls: ['https://hub.test:8444'], authorities: [], keys: [] }),
        image: async () => `agent@sha256:${'a'.repeat(64)}`,
        version: '0.1.0',
        registry: { ip: '192.0.2.9', port: 31_999 },
      }),
  });
  hub.cluster.put({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: PROJECT, labels: { [PROJECT_LABEL]: 'true' } },
  });
  await hub.server.listen({ host: 'localhost', port: 0 });
  site = await ScriptedApiServer.start();
  site.put({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n1' },
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      allocatable: { cpu: '4', memory: '8Gi', pods: '110' },
    },
  });
  // What an agent and a gateway would have come to say.
  site.objects.watch(({ object }) => {
    if (object.kind === 'Deployment') works();
  });
  const server = { server: site.url, 'insecure-skip-tls-verify': true };
  await writeFile(
    join(folder, 'lab.conf'),
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'lab',
      clusters: [{ name: 'lab', cluster: server }],
      users: [{ name: 'admin', user: {} }],
      contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'admin' } }],
    }),
  );
  await writeFile(join(folder, 'lab.json'), JSON.stringify(ACCOUNT));
  await writeFile(join(folder, 'ca.crt'), hub.ca);
  const { port } = hub.server.server.address() as AddressInfo;
  await ok(`login https://localhost:${port} --token-stdin --ca ${folder}/ca.crt`, 'alice\n');
});

afterEach(async () => {
  copied.length = 0;
  await hub.close();
  await site.close();
  await rm(folder, { recursive: true });
});

function works(): void {
  for (const name of ['lab', 'lab-2']) worksAs(name);
}

function worksAs(cluster: string): void {
  const say = (id: string, status: object) => {
    const object = hub.cluster.objects.find(id);
    if (object !== undefined) hub.cluster.objects.replace({ ...object, status });
  };
  const envelope = { number: 1, digest: `sha256:${'b'.repeat(64)}`, at: '2026-01-01T00:00:00Z' };
  say(`Cluster.skerry.dev ${PROJECT}/${cluster}`, { phase: 'Ready', desired: envelope, applied: envelope });
  say(`CloudAccount.skerry.dev ${PROJECT}/vcenter`, { verified: true, at: '2026-01-01T00:00:00Z' });
}

async function run(line: string, input = '') {
  const copy: CopyContent = async ({ from, to }) => {
    copied.push(`${from} ${to}`);
    return { bytes: 1 };
  };
  const env = { XDG_CONFIG_HOME: folder, XDG_STATE_HOME: folder, SKERRY_PROJECT: PROJECT };
  return await runLine(line, { env, copy, input });
}

async function ok(line: string, input = ''): Promise<string> {
  const { exit, stdout, stderr } = await run(line, input);
  assert.equal(exit, 0, stderr);
  return stdout;
}

const install = () =>
  `gateway install lab --kubeconfig ${folder}/lab.conf -f ${folder}/lab.json --bundle nodes.tar --registry http://registry.test --timeout 30 --yes`;

test('a plan says what would be done, and changes nothing at the hub and in the cluster', async () => {
  const before = [hub.cluster.names(), site.names()];
  const { checks, steps } = Plan.parse(JSON.parse(await ok(`${install()} --plan --output json`)));
  assert.ok(checks.every((check) => check.ok));
  assert.deepEqual(
    steps.map(({ step }) => step),
    ['content', 'cluster', 'objects', 'agent', 'connected', 'accounts'],
  );
  assert.deepEqual([hub.cluster.names(), site.names()], before);
  assert.deepEqual(copied, []);
});

test('a cluster that cannot be a gateway is refused before anything is changed', async () => {
  site.gitVersion = 'v1.28.0';
  const before = [hub.cluster.names(), site.names()];
  const { exit, stderr } = await run(`${install()} --output json`);
  assert.notEqual(exit, 0);
  assert.match(stderr, /GATEWAY_PREFLIGHT_FAILED/);
  assert.deepEqual([hub.cluster.names(), site.names()], before);
});

test('one command brings content, objects and agent, waits until they work, and goes on when run again', async () => {
  site.fail({ method: 'PATCH', path: /deployments/, times: 1, how: { status: 403, message: 'not yet' } });
  assert.notEqual((await run(install())).exit, 0);
  const out = await ok(install());
  assert.match(out, /gateway lab works/);
  assert.deepEqual(copied, ['nodes.tar http://registry.test', 'nodes.tar http://registry.test']);
  const names = hub.cluster.names();
  for (const name of ['Cluster.skerry.dev', 'Gateway.skerry.dev'])
    assert.ok(names.includes(`${name} ${PROJECT}/lab`), name);
  assert.ok(site.names().includes(`Deployment.apps ${AGENT_NAMESPACE}/skerry-agent`));
});

test('a gateway that makes clusters is not put into a cluster that does not know them', async () => {
  await ok(install());
  const gateway = hub.cluster.objects.find(`Gateway.skerry.dev ${PROJECT}/lab`);
  assert.ok(gateway);
  hub.cluster.objects.replace({ ...gateway, status: { clusters: 2 } });
  const { exit, stderr } = await run(`${install()} --output json`);
  assert.notEqual(exit, 0);
  assert.match(stderr, /GATEWAY_PREFLIGHT_FAILED.*this cluster knows 0/);
  await ok(`${install()} --fresh`);
});

test('a gateway that goes to another cluster says at the hub that this one knows its clusters', async () => {
  await ok(install());
  const find = () => hub.cluster.objects.find(`Gateway.skerry.dev ${PROJECT}/lab`);
  assert.equal(at(find(), 'spec', 'movedTo'), undefined);
  hub.cluster.objects.replace({ ...(find() ?? assert.fail()), status: { clusters: 1 } });
  const go = `gateway install lab --cluster lab-2 --kubeconfig ${folder}/lab.conf --timeout 30 --yes --fresh`;
  await ok(go);
  assert.deepEqual([at(find(), 'spec', 'cluster'), at(find(), 'spec', 'movedTo')], ['lab-2', 'lab-2']);
  await ok(go);
  assert.equal(at(find(), 'spec', 'movedTo'), 'lab-2');
});

test("the registry's address in the hub's own cluster stays what it is", async () => {
  const metadata = { name: REGISTRY_SERVICE, namespace: AGENT_NAMESPACE };
  site.put({ apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: { app: 'registry' } } });
  await ok(install());
  assert.deepEqual(site.objects.find(`Service ${AGENT_NAMESPACE}/${REGISTRY_SERVICE}`)?.spec, {
    selector: { app: 'registry' },
  });
  // What clusters that are made get, and no proxy sees.
  const slice = site.objects.find(
    `EndpointSlice.discovery.k8s.io ${AGENT_NAMESPACE}/${REGISTRY_SERVICE}-hub`,
  );
  assert.equal(slice?.metadata.labels?.['kubernetes.io/service-name'], undefined);
  assert.deepEqual(listAt(listAt(slice, 'endpoints')[0], 'addresses'), ['192.0.2.9']);
});
