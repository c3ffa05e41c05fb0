import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { z } from 'zod';
import { CloudAccount, CloudAccountStatus } from '../../platform/api/cloud-account.ts';
import type { ClusterStatus } from '../../platform/api/cluster.ts';
import { ClusterRevision } from '../../platform/api/revision.ts';
import { Managed, pathOf } from '../fleet/managed.ts';
import { profileObject } from '../fleet/profile-object.ts';
import { until } from '../fleet/until.ts';
import { listMachines } from '../machines/machine.ts';
import { STEPS } from '../provision/made/creation.ts';
import { ACCOUNT, GATEWAY, type HubSite, PROJECT_NAME, startHubSite } from '../provision/made/hub-site.ts';
import { isSettled, MadeCluster } from '../provision/made/made-cluster.ts';
import { KUBERNETES } from '../provision/made/node-content.ts';
import { Sequence } from '../provision/made/sequence.ts';
import { tellSite } from '../provision/made/tell-site.ts';
import { watchSteps } from '../provision/made/timeline.ts';
import { VCSIM_TEMPLATE } from '../provision/vcsim.ts';

const MINUTE = 60_000;
const NAME = 'quay';
const NAMESPACE = `clusters-${PROJECT_NAME}`;
const HUB = '/apis/apps/v1/namespaces/skerry-system/deployments/skerry-hub';
const PODINFO = '/apis/apps/v1/namespaces/podinfo/deployments/podinfo';
const PROFILE = { name: 'base', version: '1.0.0', packs: [{ name: 'podinfo', version: '1.0.0' }] };
const SMALL = { template: `${VCSIM_TEMPLATE}-${KUBERNETES}`, cpus: 2, memoryMiB: 2048 };
const KEEP_POWER = 'infrastructure.skerry.dev/keep-power';
const { signal } = new AbortController();

const Deployment = z.looseObject({
  status: z.looseObject({ readyReplicas: z.int().optional() }).optional(),
});
const Revisions = z.looseObject({
  items: z.array(z.looseObject({ spec: z.looseObject({ envelope: z.string() }) })),
});
const Signed = z.looseObject({ payload: z.string() });
const Removing = z.looseObject({ remove: z.array(z.unknown()) });
const SecretData = z.looseObject({ data: z.record(z.string(), z.string()) });
const Account = z.looseObject({ status: CloudAccountStatus.optional() });

describe('a hub, a gateway and the clusters that it makes', { timeout: 60 * MINUTE }, () => {
  let site: HubSite;
  let quay: MadeCluster;
  const story = new Sequence();
  const { step } = story;
  const began = performance.now();
  const say = (text: string) => console.log(`# ${((performance.now() - began) / 1000).toFixed(1)} s ${text}`);

  before(async () => {
    site = await startHubSite('flow', say);
    quay = new MadeCluster(site, NAME);
  });
  after(async () => {
    if (site !== undefined && story.hasFailed) await tellSite(site, [NAME, GATEWAY], say);
    await site?.stop();
    say('the end');
  });

  step('one command makes a cluster a gateway, and its account is let in', async () => {
    const from = performance.now();
    const printed = await site.install();
    assert.match(printed, /gateway lab works/);
    say(`the gateway works, ${((performance.now() - from) / 1000).toFixed(1)} s after its command`);
    assert.match(await site.admin.run(['account', 'show', ACCOUNT]), /Verified/);
    assert.match(await site.admin.run(['gateway', 'show', GATEWAY]), /endpoints/);
    const { layers = [] } = await new Managed(site.hub, PROJECT_NAME, GATEWAY).status();
    assert.deepEqual(
      layers.map(({ name, state }) => `${name} ${state}`),
      ['infra ready', 'cluster-api ready', `account-${ACCOUNT} ready`],
    );
  });

  step('what the vCenter lacks for a cluster is reported before anything is made', async () => {
    const reef = new MadeCluster(site, 'reef');
    await site.admin.run([
      ...['cluster', 'create', 'reef', '--account', ACCOUNT, '--kubernetes', KUBERNETES, '--size', 'small'],
      ...['--pool', 'workers=1', '--endpoint-pool', 'endpoints'],
      ...['--template', 'no-such-template', '--placement', 'network=no-such-network'],
    ]);
    const saidOf = ({ conditions = [] }: Pick<ClusterStatus, 'conditions'>) =>
      conditions.find(({ type }) => type === 'Provisioned');
    const told = await reef.managed.until(
      'is told what is missing',
      (status) => saidOf(status)?.reason === 'TEMPLATE_UNKNOWN',
    );
    assert.match(saidOf(told)?.message ?? '', /no-such-template.*no-such-network/);
    assert.deepEqual([await reef.owned(), await reef.addresses()], [[], []]);
    await site.admin.run(['cluster', 'delete', 'reef', '--yes']);
    await site.admin.run(['cluster', 'wait', 'reef', '--for', 'deleted', '--timeout', '300']);
  });

  step(
    'a cluster is made as its user asks for it, gets its agent and its profile, and is complete',
    async () => {
      await site.hub.api.apply(profileObject(PROJECT_NAME, PROFILE, site.packs));
      const create = [
        ...['cluster', 'create', NAME, '--account', ACCOUNT, '--kubernetes', KUBERNETES, '--size', 'small'],
        ...['--pool', 'workers=1', '--endpoint-pool', 'endpoints'],
        ...['--profile', `${PROFILE.name}@${PROFILE.version}`],
      ];
      const plan = await site.admin.run([...create, '--plan']);
      assert.match(plan, /machines +2/);
      assert.equal(await quay.managed.read(), undefined);
      const asked = performance.now();
      await site.admin.run(create);
      const times = await watchSteps({
        look: async () => (await quay.managed.read())?.status,
        ...{ steps: STEPS, began: asked, limitMs: 12 * MINUTE },
        onStep: (name, seconds) => say(`${name} after ${seconds.toFixed(1)} s`),
      });
      assert.equal(times.size, STEPS.length);
      await site.admin.run(['cluster', 'wait', NAME, '--timeout', '60']);
      const { completedAfterSeconds, infrastructure, nodes } = await quay.managed.status();
      say(`complete; its agent's own count is ${completedAfterSeconds} s`);
      assert.deepEqual(nodes, { ready: 2, total: 2 });
      const endpoint = infrastructure?.endpoint?.replace('https://', '') ?? '';
      assert.ok(endpoint.startsWith(site.address(60)), endpoint);
      const inside = await quay.inside();
      const seen = await inside.nodes();
      assert.deepEqual(
        seen.map(({ providerId }) => providerId?.replace('skerry://', '')).toSorted(),
        infrastructure?.machines.map(({ id }) => id).toSorted(),
      );
      const { status } = Deployment.parse(await inside.get(PODINFO));
      assert.equal(status?.readyReplicas, 1);
      assert.match(await site.admin.run(['cluster', 'machines', NAME]), /control-plane +1 of 1 ready/);
    },
  );

  /** All that was sent, as agents read it. */
  async function envelopes(): Promise<string[]> {
    const { items } = Revisions.parse(await site.hub.api.get(pathOf(ClusterRevision, PROJECT_NAME)));
    return items.map(({ spec }) => {
      const { payload } = Signed.parse(JSON.parse(spec.envelope));
      return Buffer.from(payload, 'base64').toString();
    });
  }

  step('nothing of its credentials or tokens is readable on the way', async () => {
    const texts = await envelopes();
    const made = texts.filter((text) => text.includes(`cluster-${NAME}-`));
    assert.ok(made.length > 0);
    const secrets = `/api/v1/namespaces/${NAMESPACE}/secrets`;
    const { data } = SecretData.parse(await site.gateway.api.get(`${secrets}/account.${ACCOUNT}`));
    const password = Buffer.from(data.password ?? '', 'base64').toString();
    assert.equal(password, site.vcenter.vcsim.password);
    for (const text of made) assert.ok(!text.includes(`"${password}"`));
  });

  step('it grows while the hub is away, and the hub hears of it afterwards', async () => {
    await site.admin.run(['cluster', 'scale', NAME, 'workers=2']);
    await until('the gateway knows', async () => await quay.summary(), {
      holds: (state) => state.pools[0]?.wanted === 2,
      limitMs: 2 * MINUTE,
    });
    await scaleHub(0);
    say('the hub is away');
    const from = performance.now();
    await until('a second worker is ready', async () => await quay.summary(), {
      holds: (state) => isSettled(state, 2),
      ...{ limitMs: 10 * MINUTE, pauseMs: 1000 },
    });
    say(`the second worker is ready after ${((performance.now() - from) / 1000).toFixed(1)} s without a hub`);
    await scaleHub(1);
    await quay.settled(2);
    say('the hub is back and knows');
    assert.equal((await quay.owned()).length, 3);
  });

  async function scaleHub(replicas: number): Promise<void> {
    const answer = await site.hub.api.request(HUB, {
      ...{ method: 'PATCH' as const, contentType: 'application/merge-patch+json' },
      body: { spec: { replicas } },
    });
    assert.equal(answer.status, 200);
    const look = async () => Deployment.parse(await site.hub.api.get(HUB)).status?.readyReplicas ?? 0;
    await until(`${replicas} hubs run`, look, { holds: (count) => count === replicas });
  }

  step('a worker that was switched off is reported, and replaced while the hub is away', async () => {
    await quay.patchPools({ health: { notReady: '30s', maxUnhealthy: '1' } });
    await until('the gateway has the limits', () => quay.patience(), {
      holds: (seconds) => seconds.includes(30),
    });
    await quay.annotate(KEEP_POWER, 'false');
    const [lost] = await quay.workers();
    assert.ok(lost);
    const off = performance.now();
    const machine = { mark: lost.mark, shape: SMALL, userData: '', address: undefined };
    await site.vcenter.cloud.act('power-off', machine, signal);
    // Its being off may be reported for a moment alone, as its pool lets it be replaced so soon.
    const isReported = ({ infrastructure: state }: ClusterStatus) =>
      state?.machines.some(({ name, code }) => name === lost.name && code === 'MACHINE_OFF') === true ||
      state?.replaced?.some(({ machine: name, code }) => name === lost.name && code === 'MACHINE_OFF') ===
        true;
    await quay.managed.until('reports the one that is off', isReported, { limitMs: 4 * MINUTE });
    say(`reported ${((performance.now() - off) / 1000).toFixed(1)} s after it went off`);
    await scaleHub(0);
    await until('the gateway has replaced it', () => quay.summary(), {
      holds: (state) =>
        isSettled(state, 2) && state?.machines.every(({ name }) => name !== lost.name) === true,
      ...{ limitMs: 10 * MINUTE, pauseMs: 1000 },
    });
    say(`replaced ${((performance.now() - off) / 1000).toFixed(1)} s after it went off`);
    await scaleHub(1);
    await quay.managed.until(
      'tells of the replacement',
      ({ infrastructure: state }) => isSettled(state, 2) && (state?.replaced?.length ?? 0) > 0,
      { limitMs: 4 * MINUTE },
    );
    const { replaced = [] } = await quay.settled(2);
    assert.deepEqual(
      replaced.map((one) => one.machine),
      [lost.name],
    );
    assert.equal((await quay.owned()).length, 3);
    await quay.annotate(KEEP_POWER, null);
  });

  step('it shrinks again', async () => {
    await site.admin.run(['cluster', 'scale', NAME, 'workers=1', '--yes']);
    await quay.settled(1);
    assert.deepEqual([(await quay.owned()).length, (await (await quay.inside()).nodes()).length], [2, 2]);
  });

  step('it is deleted, by name, and nothing of it is left', async () => {
    const gateway = new Managed(site.hub, PROJECT_NAME, GATEWAY);
    const from = performance.now();
    await site.admin.run(['cluster', 'delete', NAME, '--yes']);
    await site.admin.run(['cluster', 'wait', NAME, '--for', 'deleted', '--timeout', '600']);
    say(`the cluster has gone after ${((performance.now() - from) / 1000).toFixed(1)} s`);
    const removed = (await envelopes()).flatMap((text) => Removing.parse(JSON.parse(text)).remove);
    assert.ok(JSON.stringify(removed).includes(`"cluster-${NAME}-`), JSON.stringify(removed));
    assert.deepEqual(await quay.leftovers(), []);
    assert.deepEqual(await quay.owned(), []);
    assert.deepEqual(await listMachines(site.machines), []);
    await gateway.untilReady({ limitMs: 2 * MINUTE });
    assert.equal(
      (await Account.parseAsync(await site.hub.api.get(pathOf(CloudAccount, PROJECT_NAME, ACCOUNT)))).status
        ?.verified,
      true,
    );
  });
});
