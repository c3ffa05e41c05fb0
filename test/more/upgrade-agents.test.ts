import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { clusterPrograms } from '../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { joinClusters } from '../cluster/network/wire.ts';
import { AgentIn } from '../fleet/agent-in.ts';
import { enroll } from '../fleet/enroll.ts';
import { makeProject } from '../fleet/fleet.ts';
import { type HubUser, logIn } from '../fleet/hub-user.ts';
import { Managed } from '../fleet/managed.ts';
import { packDigests, profileObject } from '../fleet/profile-object.ts';
import { edit, settings, untilPutBack } from '../fleet/scenarios.ts';
import type { ReleaseVersion } from '../upgrade/releases.ts';
import { UpgradeSite } from '../upgrade/upgrade-site.ts';

const PROJECT_NAME = 'harbour';
const PROFILE = {
  name: 'site',
  version: '1.0.0',
  variables: [{ name: 'region', required: true }],
  packs: [{ name: 'settings', version: '1.0.0', values: `colour: green\nregion: "\${region}"\n` }],
};

let site: UpgradeSite;
let managed: Cluster;
let folder: string;
let east: Managed;
let agent: AgentIn;
let operator: HubUser;
/** Pods of the agent and of what it looks after: nothing of an upgrade of the hub may touch one of them. */
let untouched: unknown;

before(async () => {
  site = await UpgradeSite.start('upgrade-hub', ['1.0.0', '1.1.0', '1.2.0']);
  const programs = await ensurePrograms(clusterPrograms, { cache: programCache(process.env) });
  managed = await startCluster({ name: 'upgrade-east', programs });
  const wire = await joinClusters(site.cluster, managed);
  folder = await mkdtemp(join(tmpdir(), 'skerry-upgrade-agents-'));
  const stick = site.stick('1.0.0');
  await makeProject(site.cluster, PROJECT_NAME);
  const role = { project: PROJECT_NAME, role: 'skerry-operator' };
  operator = await logIn({ hub: site.cluster, stick, folder }, 'operator', role);
  await site.cluster.api.apply(profileObject(PROJECT_NAME, PROFILE, await packDigests(stick.bundle)));
  await operator.run([
    ...['cluster', 'create', 'east', '--profile', `${PROFILE.name}@${PROFILE.version}`],
    ...['--set-variable', 'region=first'],
  ]);
  east = new Managed(site.cluster, PROJECT_NAME, 'east');
  agent = new AgentIn(managed);
  await enroll(operator, { name: 'east', cluster: managed, wire }, east);
  await arrives('first');
  untouched = await ofTheCluster();
});

after(async () => {
  await managed?.stop();
  await site?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

for (const [from, to] of [
  ['1.0.0', '1.1.0'],
  ['1.1.0', '1.2.0'],
] as const)
  test(`an agent of 1.0.0 lives through its hub’s upgrade from ${from} to ${to}, and works with it`, async () => {
    await driftWhile(async () => await site.upgrade(to));
    await works(to);
  });

test('and through the rollback to 1.1.0, with what was changed since', async () => {
  await driftWhile(async () => await site.rollback('1.2.0'));
  await works('1.1.0');
});

/** Something drifts while the hub is away or not: the agent puts it back. */
async function driftWhile(run: () => Promise<unknown>): Promise<void> {
  const wanted = await settings(managed);
  const running = run();
  await edit(managed, { colour: 'blue' });
  await Promise.all([running, untilPutBack(managed, wanted)]);
}

async function works(by: ReleaseVersion): Promise<void> {
  await east.untilReady();
  assert.deepEqual(await ofTheCluster(), untouched);
  await region(`by-${by}`);
}

async function region(value: string): Promise<void> {
  const use = ['cluster', 'use', 'east', `${PROFILE.name}@${PROFILE.version}`];
  await operator.run([...use, '--set-variable', `region=${value}`]);
  await arrives(value);
}

async function arrives(value: string): Promise<void> {
  await east.untilReady();
  assert.deepEqual(await settings(managed), { colour: 'green', region: value });
}

async function ofTheCluster(): Promise<unknown> {
  return [await agent.pods(), await agent.publicKey().then((key) => key.export({ format: 'jwk' }))];
}
