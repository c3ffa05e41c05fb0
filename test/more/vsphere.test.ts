import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { InfrastructureState } from '../../platform/api/infrastructure.ts';
import {
  AGENT_NAME,
  AGENT_NAMESPACE,
  AGENT_TOKEN,
  AGENT_TOKEN_KEY,
} from '../../platform/desired/agent-names.ts';
import type { OwnedMachine } from '../../platform/infra/provider/machine.ts';
import { ensureHost } from '../cluster/host.ts';
import { until } from '../fleet/until.ts';
import { listMachines } from '../machines/machine.ts';
import { AGENT_IMAGE, type GatewaySite, startGatewaySite } from '../provision/site/gateway-site.ts';
import { Inside } from '../provision/site/inside.ts';
import { VCSIM_TEMPLATE } from '../provision/vcsim.ts';

const MINUTE = 60_000;
const NAMESPACE = 'clusters-harbour';
const NAME = 'quay';
const ORIGIN = { project: 'harbour', name: NAME, id: 'id-of-quay' };
const CAPI = `/apis/cluster.x-k8s.io/v1beta2/namespaces/${NAMESPACE}`;
const OURS = `/apis/infrastructure.skerry.dev/v1alpha1/namespaces/${NAMESPACE}`;
const CLUSTER = `${CAPI}/clusters/${NAME}`;
const TOKEN = 'good-for-one-use';
const { signal } = new AbortController();

const Condition = z.looseObject({ type: z.string(), status: z.string(), message: z.string().optional() });
const Conditions = z.array(Condition).default([]);
const Conditioned = z.looseObject({
  status: z.looseObject({ conditions: Conditions, phase: z.string().optional() }).default({ conditions: [] }),
});
const Names = z.looseObject({
  items: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) })),
});
const Machines = z.looseObject({
  items: z.array(
    z.looseObject({
      metadata: z.looseObject({ name: z.string() }),
      spec: z.looseObject({ providerID: z.string().optional() }),
      status: z.looseObject({ phase: z.string().optional() }).optional(),
    }),
  ),
});
const Account = z.looseObject({ status: z.looseObject({ verified: z.boolean().optional() }).optional() });
const Agent = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({ containers: z.array(z.looseObject({ image: z.string() })) }),
    }),
  }),
});
const Token = z.looseObject({ data: z.record(z.string(), z.string()) });
const OurCluster = z.looseObject({
  status: z.looseObject({ summary: InfrastructureState.optional() }).optional(),
});

describe('a cluster made in a vCenter', { timeout: 30 * MINUTE }, () => {
  let site: GatewaySite;
  let endpoint: string;
  let inside: Inside;
  const began = performance.now();
  const say = (text: string) => console.log(`# ${((performance.now() - began) / 1000).toFixed(1)} s ${text}`);

  before(async () => {
    await ensureHost({ install: true, onProgress: say });
    site = await startGatewaySite({ name: 'vsphere', onProgress: say });
    endpoint = site.cluster.nodeAddress.replace(/\.\d+$/, '.90');
    inside = new Inside(site.machines, NAME, `${endpoint}:6443`);
  });
  after(async () => {
    if (site !== undefined) await tellLog();
    await site?.stop();
    say('the end');
  });

  async function want(workers: number, ...others: object[]): Promise<void> {
    await site.packs.apply({
      ...{ chart: site.chart('machine-cluster'), name: `cluster-${NAME}`, namespace: NAMESPACE },
      values: {
        cluster: ORIGIN,
        account: { namespace: NAMESPACE, name: 'vcenter', type: 'vsphere' },
        kubernetes: 'v1.34.4',
        endpoint: { host: endpoint, port: 6443 },
        network: { pods: '10.204.0.0/16', services: '10.205.0.0/16' },
        controlPlane: { replicas: 1, machine: { template: VCSIM_TEMPLATE, cpus: 2, memoryMiB: 2048 } },
        enrollment: { token: TOKEN },
        pools: [
          {
            ...{ name: 'workers', replicas: workers },
            machine: { template: VCSIM_TEMPLATE, cpus: 2, memoryMiB: 2048 },
          },
          ...others,
        ],
      },
    });
  }

  const summary = async () =>
    OurCluster.parse(await site.cluster.api.get(`${OURS}/skerryclusters/${NAME}`)).status?.summary;
  const machines = async () => Machines.parse(await site.cluster.api.get(`${CAPI}/machines`)).items;
  const owned = async (): Promise<readonly OwnedMachine[]> => await site.cloud.listOwned(signal);
  const conditions = async (path: string) =>
    Conditioned.parse(await site.cluster.api.get(path)).status.conditions;

  async function settled(workers: number, limitMs = 8 * MINUTE): Promise<InfrastructureState> {
    const holds = (one: InfrastructureState) =>
      one.phase === 'Provisioned' &&
      one.controlPlane?.ready === 1 &&
      one.pools?.[0]?.ready === workers &&
      one.pools[0].wanted === workers &&
      one.machines?.length === workers + 1 &&
      one.machines.every(({ phase, code }) => phase === 'ready' && code === undefined);
    return await until(`${NAME} has ${workers} workers`, summary, { holds, limitMs, pauseMs: 1000 });
  }

  async function tellLog(): Promise<void> {
    const lines = (await site.infraLog()).split('\n').filter((line) => /"level":"(?:error|warn)"/.test(line));
    if (lines.length > 0) say(`said by skerry infra: ${lines.slice(-10).join('\n').slice(-4000)}`);
  }

  it('lets the account in', async () => {
    const { vcsim, packs } = site;
    await packs.apply({
      ...{ chart: site.chart('cloud-account'), name: 'account-vcenter', namespace: NAMESPACE },
      values: {
        origin: { project: ORIGIN.project, name: 'vcenter' },
        ...{ type: 'vsphere', endpoint: vcsim.endpoint, ca: vcsim.ca, namespaces: [NAMESPACE] },
        credentials: { username: vcsim.username, password: vcsim.password },
      },
    });
    const look = async () => await site.cluster.api.get(`${OURS}/skerryaccounts/vcenter`);
    const holds = (object: unknown) => Account.parse(object).status?.verified === true;
    await until('the account is verified', look, { holds });
    say('the account is verified');
  });

  it('makes a control plane and a worker that are nodes of one cluster', async () => {
    await site.packs.apply({
      ...{ chart: site.chart('machine-defaults'), name: 'machines-harbour', namespace: NAMESPACE },
      values: { nodes: { registry: { endpoint: site.registry } } },
    });
    await want(1);
    say('the cluster is asked for');
    await until('the first machine is there', async () => ((await owned()).length > 0 ? true : undefined), {
      limitMs: 3 * MINUTE,
    });
    say('the first machine is in the vCenter');
    const initialized = (all: z.infer<typeof Conditions>) =>
      all.some(({ type, status }) => type === 'ControlPlaneInitialized' && status === 'True');
    await until('the control plane answers', async () => await conditions(CLUSTER), {
      ...{ holds: initialized, limitMs: 8 * MINUTE, pauseMs: 1000 },
    });
    say('the control plane is initialized');
    const { endpoint: told, kubernetes, pools } = await settled(1);
    say('both machines are ready');
    assert.equal(told, `https://${endpoint}:6443`);
    assert.equal(kubernetes, 'v1.34.4');
    assert.deepEqual(pools, [{ name: 'workers', ready: 1, wanted: 1 }]);
    const available = (all: z.infer<typeof Conditions>) =>
      all.some(({ type, status }) => type === 'Available' && status === 'True');
    const all = await until('the Cluster is available', async () => await conditions(CLUSTER), {
      ...{ holds: available, limitMs: 3 * MINUTE, pauseMs: 1000 },
    });
    say(`the Cluster is available: ${all.map(({ type, status }) => `${type}=${status}`).join(' ')}`);
    const made = await machines();
    assert.deepEqual(
      made.map(({ status }) => status?.phase),
      ['Running', 'Running'],
    );
    const seen = (await inside.nodes()).map(
      ({ name, providerId, isReady }) => `${name} ${providerId} ${isReady}`,
    );
    const expected = made.map(({ metadata, spec }) => `${metadata.name} ${spec.providerID} true`);
    assert.deepEqual(seen.toSorted(), expected.toSorted());
    assert.equal((await owned()).length, 2);
  });

  it("gives it an agent like the gateway's own, with the token of its enrollment", async () => {
    const isInstalled = (one: InfrastructureState) =>
      one.conditions?.some(({ type, status }) => type === 'AgentInstalled' && status === 'True') === true;
    await until('the agent is installed', summary, {
      holds: isInstalled,
      limitMs: 3 * MINUTE,
      pauseMs: 1000,
    });
    const namespace = `namespaces/${AGENT_NAMESPACE}`;
    const deployment = Agent.parse(await inside.get(`/apis/apps/v1/${namespace}/deployments/${AGENT_NAME}`));
    assert.equal(deployment.spec.template.spec.containers[0]?.image, AGENT_IMAGE);
    const secret = Token.parse(await inside.get(`/api/v1/${namespace}/secrets/${AGENT_TOKEN}`));
    assert.equal(Buffer.from(secret.data[AGENT_TOKEN_KEY] ?? '', 'base64').toString(), TOKEN);
    say('its agent is installed');
  });

  it('grows by a worker though its controllers are killed meanwhile, and shrinks again', async () => {
    await want(2);
    await until('a third machine is there', async () => ((await owned()).length === 3 ? true : undefined));
    await site.killInfra();
    await settled(2);
    say('a second worker is ready');
    assert.equal((await owned()).length, 3);
    await want(1);
    await settled(1);
    assert.equal((await owned()).length, 2);
    assert.equal((await inside.nodes()).length, 2);
    say('the second worker has gone');
  });

  it('says why a worker is none any more, and has it back once its power may be kept', async () => {
    const { api } = site.cluster;
    const path = `${OURS}/skerryclusters/${NAME}`;
    const keepPower = async (value: string | null) => {
      const body = { metadata: { annotations: { 'infrastructure.skerry.dev/keep-power': value } } };
      const answer = await api.request(path, {
        ...{ method: 'PATCH' as const, contentType: 'application/merge-patch+json', body },
      });
      assert.equal(answer.status, 200);
    };
    await keepPower('false');
    const worker = (await owned()).find(({ name }) => name.includes('workers'));
    assert.ok(worker);
    const shape = { template: VCSIM_TEMPLATE, cpus: 2, memoryMiB: 2048 };
    const machine = { mark: worker.mark, shape, userData: '', address: undefined };
    await site.cloud.act('power-off', machine, signal);
    say('the worker is switched off');
    const state = await until('it is reported', summary, {
      ...{ limitMs: 4 * MINUTE, pauseMs: 1000 },
      holds: (one) => one.machines?.some(({ code }) => code === 'MACHINE_OFF') === true,
    });
    const told = state.machines?.find(({ code }) => code === 'MACHINE_OFF');
    assert.deepEqual([told?.name, told?.phase], [worker.name, 'unhealthy']);
    assert.equal(state.pools?.[0]?.code, 'MACHINE_OFF');
    say('it is told by its cause');
    await keepPower(null);
    await settled(1);
    say('it is switched on again and ready');
  });

  it('shows why a machine does not join: what kubelet says there, by its cloud and in the summary', async () => {
    const [worker] = (await owned()).filter(({ name }) => name.includes('workers'));
    assert.ok(worker);
    const said = async () => (await site.cloud.console(worker.mark, signal)) === undefined;
    await until('a machine that joined says nothing more', said, { holds: (isQuiet) => isQuiet });
    // kubelet refuses to give itself a role; a user sees no node, and no more.
    const labels = { 'node-role.kubernetes.io/odd': '' };
    await want(1, { name: 'odd', replicas: 1, labels, machine: { template: VCSIM_TEMPLATE } });
    const looked = async () => (await owned()).find(({ name }) => name.includes('odd'));
    const odd = await until('the machine is there', looked, { limitMs: 3 * MINUTE });
    const console = async () => await site.cloud.console(odd.mark, signal);
    const refused = (text: string) => text.includes('node-role.kubernetes.io/odd');
    await until('kubelet refuses', console, { holds: refused, limitMs: 6 * MINUTE, pauseMs: 1000 });
    say('kubelet of a machine that does not join is heard');
    await letTimePass(odd.name);
    const told = (one: InfrastructureState) => one.machines.some((machine) => machine.console !== undefined);
    const { machines } = await until('it is reported', summary, { holds: told, pauseMs: 1000 });
    const shown = machines.find(({ name }) => name === odd.name);
    assert.equal(shown?.code, 'MACHINE_NOT_JOINED');
    assert.match(shown.console?.text ?? '', /unknown .* labels specified with --node-labels/);
    say('it is in the summary');
  });

  /** As if a machine had run for a quarter of an hour. */
  async function letTimePass(name: string): Promise<void> {
    const path = `${OURS}/skerrymachines/${name}`;
    const all = await until('it runs', async () => await conditions(path), {
      holds: (found) => found.some(({ type, status }) => type === 'Ready' && status === 'True'),
    });
    const lastTransitionTime = new Date(Date.now() - 15 * MINUTE).toISOString();
    const body = {
      status: { conditions: all.map((one) => (one.type === 'Ready' ? { ...one, lastTransitionTime } : one)) },
    };
    const answer = await site.cluster.api.request(`${path}/status`, {
      ...{ method: 'PATCH' as const, contentType: 'application/merge-patch+json', body },
    });
    assert.equal(answer.status, 200);
  }

  it('leaves nothing when it is deleted', async () => {
    await site.cluster.api.remove(CLUSTER);
    const look = async () => ((await site.cluster.api.get(CLUSTER)) === undefined ? true : undefined);
    await until('the Cluster has gone', look, { limitMs: 5 * MINUTE, pauseMs: 500 });
    say('the Cluster has gone');
    const left: string[] = [];
    for (const path of [
      ...['machines', 'machinedeployments', 'machinesets', 'machinehealthchecks'].map(
        (one) => `${CAPI}/${one}`,
      ),
      ...['skerrymachines', 'skerryclusters'].map((one) => `${OURS}/${one}`),
    ])
      left.push(...Names.parse(await site.cluster.api.get(path)).items.map(({ metadata }) => metadata.name));
    assert.deepEqual(left, []);
    assert.deepEqual(await owned(), []);
    assert.deepEqual(await listMachines(site.machines), []);
  });
});
