import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { InfrastructureState } from '../../platform/api/infrastructure.ts';
import { ensureHost } from '../cluster/host.ts';
import { until } from '../fleet/until.ts';
import { execInMachine, listMachines, type MachineView } from '../machines/machine.ts';
import { type GatewaySite, startGatewaySite } from '../provision/site/gateway-site.ts';
import { Inside } from '../provision/site/inside.ts';
import { VCSIM_TEMPLATE } from '../provision/vcsim.ts';

const MINUTE = 60_000;
const NAMESPACE = 'clusters-harbour';
const NAME = 'mole';
const CAPI = `/apis/cluster.x-k8s.io/v1beta2/namespaces/${NAMESPACE}`;
const OURS = `/apis/infrastructure.skerry.dev/v1alpha1/namespaces/${NAMESPACE}`;
const CLUSTER = `${CAPI}/clusters/${NAME}`;
const CONFIG = '/api/v1/namespaces/default/configmaps';
const MACHINE = { template: VCSIM_TEMPLATE, cpus: 2, memoryMiB: 2048 };
const { signal } = new AbortController();

const OurCluster = z.looseObject({
  status: z.looseObject({ summary: InfrastructureState.optional() }).optional(),
});
const ConfigMap = z.looseObject({ data: z.record(z.string(), z.string()) });

describe('a cluster of three control planes and a worker', { timeout: 40 * MINUTE }, () => {
  let site: GatewaySite;
  let address: string;
  let inside: Inside;
  const began = performance.now();
  const say = (text: string) => console.log(`# ${((performance.now() - began) / 1000).toFixed(1)} s ${text}`);

  before(async () => {
    await ensureHost({ install: true, onProgress: say });
    site = await startGatewaySite({ name: 'three-cp', onProgress: say });
    address = site.cluster.nodeAddress.replace(/\.\d+$/, '.90');
    inside = new Inside(site.machines, NAME, `${address}:6443`);
  });
  after(async () => {
    await site?.stop();
    say('the end');
  });

  const summary = async () =>
    OurCluster.parse(await site.cluster.api.get(`${OURS}/skerryclusters/${NAME}`)).status?.summary;
  const controlPlanes = async () => (await inside.machines()).filter(({ name }) => !name.includes('workers'));
  const holders = async () => (await controlPlanes()).filter(({ addresses }) => addresses.includes(address));
  // The simulator puts its own name and an ID around that of the virtual machine.
  const nameOf = ({ name }: MachineView) => name.replace(/^vcsim-/, '').replace(/(?:-[0-9a-f]+){5}$/, '');

  /** Three of three, and what each step looks like on the way. */
  async function whole(limitMs: number): Promise<InfrastructureState> {
    let last = '';
    const look = async () => {
      const state = await summary();
      const text = (state?.machines ?? [])
        .map(({ name, phase, code = '' }) => `${name} ${phase} ${code}`)
        .join(', ');
      if (text !== last) say(text);
      last = text;
      return state;
    };
    const holds = ({ phase, controlPlane, machines }: InfrastructureState) =>
      phase === 'Provisioned' &&
      controlPlane.ready === 3 &&
      machines.length === 4 &&
      machines.every((one) => one.phase === 'ready' && one.code === undefined);
    return await until('all four machines are nodes', look, { holds, limitMs, pauseMs: 1000 });
  }

  /** What a client beside the control plane gets at the endpoint. */
  async function answers(): Promise<boolean> {
    const worker = (await inside.machines()).find(({ name, isOn }) => isOn && name.includes('workers'));
    if (worker === undefined) return false;
    const args = ['--silent', '--fail', '--insecure', '--max-time', '1', `https://${address}:6443/readyz`];
    return await execInMachine(site.machines, worker.id, 'curl', args).then(
      (text) => text === 'ok',
      () => false,
    );
  }

  async function keepPower(value: string | null): Promise<void> {
    const body = { metadata: { annotations: { 'infrastructure.skerry.dev/keep-power': value } } };
    const answer = await site.cluster.api.request(`${OURS}/skerryclusters/${NAME}`, {
      ...{ method: 'PATCH' as const, contentType: 'application/merge-patch+json', body },
    });
    assert.equal(answer.status, 200);
  }

  it('is made, with an endpoint that one of the three holds, and an etcd of three', async () => {
    const { vcsim, packs } = site;
    await packs.apply({
      ...{ chart: site.chart('cloud-account'), name: 'account-vcenter', namespace: NAMESPACE },
      values: {
        origin: { project: 'harbour', name: 'vcenter' },
        ...{ type: 'vsphere', endpoint: vcsim.endpoint, ca: vcsim.ca, namespaces: [NAMESPACE] },
        credentials: { username: vcsim.username, password: vcsim.password },
      },
    });
    await packs.apply({
      ...{ chart: site.chart('machine-defaults'), name: 'machines-harbour', namespace: NAMESPACE },
      values: { nodes: { registry: { endpoint: site.registry } } },
    });
    await packs.apply({
      ...{ chart: site.chart('machine-cluster'), name: `cluster-${NAME}`, namespace: NAMESPACE },
      values: {
        cluster: { project: 'harbour', name: NAME, id: `id-of-${NAME}` },
        account: { namespace: NAMESPACE, name: 'vcenter', type: 'vsphere' },
        kubernetes: 'v1.34.4',
        endpoint: { host: address, port: 6443 },
        network: { pods: '10.204.0.0/16', services: '10.205.0.0/16' },
        controlPlane: { replicas: 3, machine: MACHINE, health: { notReady: '1m', maxUnhealthy: '1' } },
        pools: [{ name: 'workers', replicas: 1, machine: MACHINE, health: { replace: false } }],
      },
    });
    say('the cluster is asked for');
    await whole(15 * MINUTE);
    const all = await controlPlanes();
    assert.equal(all.length, 3);
    assert.equal((await holders()).length, 1);
    for (const { id } of all)
      assert.deepEqual((await inside.etcdMembers(id)).toSorted(), all.map(nameOf).toSorted());
    assert.ok(await answers());
    await inside.post(CONFIG, { metadata: { name: 'before' }, data: { written: 'before' } });
    say('three control planes, one endpoint, three members of etcd');
  });

  it('answers again soon after the machine with the endpoint is lost, and replaces that machine', async () => {
    const [lost] = await holders();
    assert.ok(lost);
    const name = nameOf(lost);
    const owned = (await site.cloud.listOwned(signal)).find((one) => one.name === name);
    assert.ok(owned, name);
    const machine = { mark: owned.mark, shape: MACHINE, userData: '', address: undefined };
    // Else the gateway switches it on again, before it can be deleted.
    await keepPower('false');
    await site.cloud.act('power-off', machine, signal);
    const lostAt = performance.now();
    say(`${name} is lost`);
    const others = async () => {
      const [next] = await holders();
      return next !== undefined && next.id !== lost.id && (await answers()) ? next : undefined;
    };
    const next = await until('the endpoint answers elsewhere', others, { limitMs: MINUTE, pauseMs: 250 });
    say(
      `${nameOf(next)} has the endpoint ${((performance.now() - lostAt) / 1000).toFixed(1)} s after the loss`,
    );
    await inside.post(CONFIG, { metadata: { name: 'meanwhile' }, data: { written: 'meanwhile' } });
    await site.cloud.act('delete', machine, signal);
    await keepPower(null);
    const vanished = await until('the loss is reported', summary, {
      ...{ limitMs: 3 * MINUTE, pauseMs: 500 },
      holds: ({ machines }) => machines.some((one) => one.code === 'MACHINE_VANISHED'),
    });
    assert.equal(vanished.machines.find((one) => one.code === 'MACHINE_VANISHED')?.name, name);
    const gone = async () =>
      (await summary())?.machines.some((one) => one.name === name) ? undefined : true;
    await until('the lost machine is given up', gone, { limitMs: 6 * MINUTE, pauseMs: 1000 });
    say('the lost machine is given up');
    const { replaced } = await whole(12 * MINUTE);
    say('three of three again');
    assert.deepEqual(
      replaced?.map((one) => one.machine),
      [name],
    );
    const all = await controlPlanes();
    assert.equal(all.length, 3);
    assert.ok(all.every((one) => one.id !== lost.id));
    for (const { id } of all)
      assert.deepEqual((await inside.etcdMembers(id)).toSorted(), all.map(nameOf).toSorted());
    assert.equal((await holders()).length, 1);
    assert.ok(await answers());
    for (const written of ['before', 'meanwhile'])
      assert.deepEqual(ConfigMap.parse(await inside.get(`${CONFIG}/${written}`)).data, { written });
    const nodes = await inside.nodes();
    assert.deepEqual(
      nodes.map((one) => one.isReady),
      [true, true, true, true],
    );
    assert.equal((await site.cloud.listOwned(signal)).length, 4);
  });

  it('leaves nothing when it is deleted', async () => {
    await site.cluster.api.remove(CLUSTER);
    const gone = async () => ((await site.cluster.api.get(CLUSTER)) === undefined ? true : undefined);
    await until('the Cluster has gone', gone, { limitMs: 8 * MINUTE, pauseMs: 500 });
    assert.deepEqual(await site.cloud.listOwned(signal), []);
    assert.deepEqual(await listMachines(site.machines), []);
  });
});
