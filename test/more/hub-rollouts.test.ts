import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { ClusterStatus } from '../../platform/api/cluster.ts';
import { profileObject } from '../fleet/profile-object.ts';
import { until } from '../fleet/until.ts';
import { listMachines } from '../machines/machine.ts';
import { STEPS } from '../provision/made/creation.ts';
import {
  ACCOUNT,
  GATEWAY,
  type HubSite,
  OTHER_TEMPLATE,
  PROJECT_NAME,
  startHubSite,
} from '../provision/made/hub-site.ts';
import { isSettled, MadeCluster } from '../provision/made/made-cluster.ts';
import { KUBERNETES, NEXT_KUBERNETES } from '../provision/made/node-content.ts';
import { Sequence } from '../provision/made/sequence.ts';
import { siteMemory } from '../provision/made/site-memory.ts';
import { tellSite } from '../provision/made/tell-site.ts';
import { watchSteps } from '../provision/made/timeline.ts';
import { VCSIM_TEMPLATE } from '../provision/vcsim.ts';

const MINUTE = 60_000;
const NAME = 'mole';
const WORKERS = 2;
const [SMALL, LARGE] = [
  { cpus: 2, memoryMiB: 2048 },
  { cpus: 4, memoryMiB: 4096 },
];
const PODINFO = '/apis/apps/v1/namespaces/podinfo/deployments/podinfo';
const PROFILE = { name: 'base', version: '1.0.0', packs: [{ name: 'podinfo', version: '1.0.0' }] };
const { signal } = new AbortController();

const Deployment = z.looseObject({
  status: z.looseObject({ readyReplicas: z.int().optional() }).optional(),
});

/** What machines of a cluster are replaced for. */
describe('the machines of a cluster, which take addresses of a pool', { timeout: 60 * MINUTE }, () => {
  let site: HubSite;
  let mole: MadeCluster;
  let memory = 0;
  const story = new Sequence();
  const { step } = story;
  const began = performance.now();
  const say = (text: string) => console.log(`# ${((performance.now() - began) / 1000).toFixed(1)} s ${text}`);

  before(async () => {
    site = await startHubSite('roll', say);
    await site.install();
    say('the gateway works');
    mole = new MadeCluster(site, NAME);
  });
  after(async () => {
    if (site !== undefined && story.hasFailed) await tellSite(site, [NAME, GATEWAY], say);
    await site?.stop();
    say('the end');
  });

  async function weigh(): Promise<void> {
    memory = Math.max(memory, await siteMemory(site));
    say(`at most ${(memory / 1e9).toFixed(2)} GB of memory so far`);
  }

  /** Each machine has one address of the pool, its node has it and no other does; the endpoint has one of its own. */
  async function checkAddresses(): Promise<string[]> {
    const given = await mole.addresses();
    const ofMachines = given.filter(({ pool }) => pool === 'machines').map(({ address }) => address);
    assert.deepEqual(given.filter(({ pool }) => pool === 'endpoints').length, 1);
    const nodes = await (await mole.inside()).nodes();
    assert.deepEqual(nodes.flatMap(({ addresses }) => addresses).toSorted(), ofMachines.toSorted());
    assert.equal(new Set(ofMachines).size, WORKERS + 1);
    return ofMachines;
  }

  /** Also after its pods had to go elsewhere. */
  async function runsProfile(): Promise<void> {
    const inside = await mole.inside();
    const look = async () => Deployment.parse(await inside.get(PODINFO)).status?.readyReplicas;
    await until('podinfo runs', look, { holds: (count) => count === 1 });
  }

  /**
   * Asks for something that replaces machines and waits until all of them have been, but for those that `stays` names.
   * Meanwhile the pool never has fewer machines in the cloud than it is to have, nor fewer that are ready.
   */
  async function rollout(ask: () => Promise<void>, stays: (machine: string) => boolean): Promise<void> {
    const before = (await mole.owned()).map(({ name }) => name);
    const leaving = before.filter((name) => !stays(name));
    const isDone = ({ infrastructure: state }: ClusterStatus) =>
      isSettled(state, WORKERS) && state?.machines.every(({ name }) => !leaving.includes(name)) === true;
    const from = performance.now();
    await ask();
    let [fewest, fewestReady, most] = [WORKERS, WORKERS, before.length];
    const done = new AbortController();
    const counting = (async () => {
      while (!done.signal.aborted) {
        const owned = await mole.owned();
        fewest = Math.min(fewest, owned.filter(({ name }) => name.includes('workers')).length);
        most = Math.max(most, owned.length);
        fewestReady = Math.min(fewestReady, (await mole.summary())?.pools[0]?.ready ?? 0);
        await sleep(500);
      }
    })();
    try {
      await mole.managed.until('has other machines', isDone, { limitMs: 10 * MINUTE });
      await mole.managed.untilReady({ limitMs: 3 * MINUTE });
      await runsProfile();
    } finally {
      done.abort();
      await counting;
    }
    say(
      `rolled out after ${((performance.now() - from) / 1000).toFixed(1)} s, with ${most} machines at most`,
    );
    assert.deepEqual([fewest, fewestReady], [WORKERS, WORKERS]);
    assert.equal(most, before.length + 1);
    const now = (await mole.owned()).map(({ name }) => name);
    assert.equal(now.length, before.length);
    assert.deepEqual(
      now.filter((name) => leaving.includes(name)),
      [],
    );
    assert.deepEqual((await listMachines(site.machines)).map(({ name }) => name).length, now.length);
  }

  step('are made with them', async () => {
    await site.hub.api.apply(profileObject(PROJECT_NAME, PROFILE, site.packs));
    const asked = performance.now();
    await site.admin.run([
      ...['cluster', 'create', NAME, '--account', ACCOUNT, '--kubernetes', KUBERNETES, '--size', 'small'],
      ...['--pool', `workers=${WORKERS}`, '--endpoint-pool', 'endpoints', '--addresses', 'machines'],
      ...['--profile', `${PROFILE.name}@${PROFILE.version}`],
    ]);
    await watchSteps({
      look: async () => (await mole.managed.read())?.status,
      ...{ steps: STEPS, began: asked, limitMs: 12 * MINUTE },
      onStep: (name, seconds) => say(`${name} after ${seconds.toFixed(1)} s`),
    });
    await weigh();
    const addresses = await checkAddresses();
    const range = Array.from({ length: 20 }, (_, index) => site.address(220 + index));
    assert.deepEqual(
      addresses.filter((address) => !range.includes(address)),
      [],
    );
    const versions = (await (await mole.inside()).nodes()).map(({ version }) => version);
    assert.deepEqual(new Set(versions), new Set([`v${KUBERNETES}`]));
  });

  step('are replaced by others of another version of Kubernetes', async () => {
    await rollout(
      async () => void (await site.admin.run(['cluster', 'upgrade', NAME, NEXT_KUBERNETES, '--yes'])),
      () => false,
    );
    const { kubernetes, machines } = await mole.settled(WORKERS);
    assert.deepEqual(
      [kubernetes, ...new Set(machines.map((one) => one.kubernetes))],
      [`v${NEXT_KUBERNETES}`, `v${NEXT_KUBERNETES}`],
    );
    const nodes = await (await mole.inside()).nodes();
    assert.deepEqual(
      nodes.map(({ isReady, version }) => `${isReady} ${version}`),
      machines.map(() => `true v${NEXT_KUBERNETES}`),
    );
    const templates = (await listMachines(site.machines)).map(({ template }) => template);
    assert.deepEqual(new Set(templates), new Set([`${VCSIM_TEMPLATE}-${NEXT_KUBERNETES}`]));
    await checkAddresses();
    await weigh();
  });

  step('are replaced by larger ones of another template, in the pool that asks for it', async () => {
    await rollout(
      async () => await mole.patchPools({ size: 'large', template: OTHER_TEMPLATE }),
      (name) => !name.includes('workers'),
    );
    for (const { name, mark } of await mole.owned()) {
      const [is, isNot] = name.includes('workers') ? [LARGE, SMALL] : [SMALL, LARGE];
      const complete = async (shape: object) => {
        const seen = await site.vcenter.cloud.observe(mark, shape, signal);
        return seen.state === 'present' && seen.isComplete;
      };
      assert.deepEqual([await complete(is), await complete(isNot)], [true, false], name);
    }
    const templates = (await listMachines(site.machines)).map(({ template }) => template);
    const of = `${VCSIM_TEMPLATE}-${NEXT_KUBERNETES}`;
    assert.deepEqual(templates.toSorted(), [of, ...Array.from({ length: WORKERS }, () => OTHER_TEMPLATE)]);
    await checkAddresses();
  });

  step('give their addresses back when it is deleted, and nothing of it is left', async () => {
    assert.equal((await mole.addresses()).length, WORKERS + 2);
    await site.admin.run(['cluster', 'delete', NAME, '--yes']);
    await site.admin.run(['cluster', 'wait', NAME, '--for', 'deleted', '--timeout', '600']);
    assert.deepEqual(await mole.addresses(), []);
    assert.deepEqual(await mole.leftovers(), []);
    assert.deepEqual(await mole.owned(), []);
    assert.deepEqual(await listMachines(site.machines), []);
  });
});
