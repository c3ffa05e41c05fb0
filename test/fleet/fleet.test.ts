import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { AlertReceiver } from '../../platform/api/alert.ts';
import { CloudAccount } from '../../platform/api/cloud-account.ts';
import type { ClusterStatus } from '../../platform/api/cluster.ts';
import { ClusterProfile } from '../../platform/api/cluster-profile.ts';
import { Rollout, RolloutStatus } from '../../platform/api/rollout.ts';
import { addToSet, dropUnused, useLatest } from '../../platform/hub/authority/authority-set.ts';
import { islandCounters } from '../cluster/network/island.ts';
import { runningContainers } from '../install/cluster-contents.ts';
import { AgentIn } from './agent-in.ts';
import { restoreBackup, takeBackup, uidsOf } from './backup.ts';
import { type SiteByFile, siteByFile } from './by-file.ts';
import { applyText, enroll, requestOf } from './enroll.ts';
import { type Fleet, type Member, PROJECT_NAME, startFleet } from './fleet.ts';
import { endedCertificate, readAuthority, writeAuthority } from './hub-authority.ts';
import { closeFirstDoor, openDoor, restartHub } from './hub-door.ts';
import type { HubUser } from './hub-user.ts';
import { Managed, pathOf } from './managed.ts';
import { profileObject } from './profile-object.ts';
import {
  driftIsPutBack,
  edit,
  FIRST,
  firstArrives,
  firstComesBack,
  SECOND,
  secondReplaces,
  settings,
  untilPutBack,
  uses,
} from './scenarios.ts';
import { until } from './until.ts';
import { startWebhook, type Webhook } from './webhook.ts';

const MINUTE = 60_000;

describe('a hub and two clusters that a wire joins', { timeout: 20 * MINUTE }, () => {
  let fleet: Fleet;
  let operator: HubUser;
  let east: Managed;
  let west: Managed;
  let webhook: Webhook;

  before(async () => {
    const began = performance.now();
    const say = (text: string) => console.log(`# ${((performance.now() - began) / 1000).toFixed(1)} ${text}`);
    fleet = await startFleet('fleet', say);
    operator = await fleet.user('operator', 'skerry-operator');
    east = new Managed(fleet.hub, PROJECT_NAME, 'east');
    west = new Managed(fleet.hub, PROJECT_NAME, 'west');
    webhook = await startWebhook(fleet);
    await fleet.hub.api.apply({
      apiVersion: `${AlertReceiver.group}/${AlertReceiver.version}`,
      kind: AlertReceiver.kind,
      metadata: { namespace: PROJECT_NAME, name: 'watch-room' },
      spec: { severity: 'warning', webhook: { url: webhook.url }, events: true },
    });
  });

  after(async () => {
    webhook?.stop();
    await fleet?.stop();
  });

  /** A flow says how long it took. */
  const flow = (name: string, tests: () => void) =>
    describe(name, () => {
      let began = 0;
      before(() => {
        began = performance.now();
      });
      tests();
      after(() => console.log(`# flow ${name} took ${((performance.now() - began) / 1000).toFixed(1)} s`));
    });

  const site = (member: Member, managed: Managed) => ({ managed, cluster: member.cluster });
  const profileFile = (profile = FIRST) => JSON.stringify(profileObject(PROJECT_NAME, profile, fleet.packs));

  flow('1 configure', () => {
    test('a profile is made through the command line, and again by kubectl, and never changes', async () => {
      await operator.run(['apply', '-f', '-'], profileFile());
      await fleet.hub.api.apply(profileObject(PROJECT_NAME, SECOND, fleet.packs));
      const path = pathOf(ClusterProfile, PROJECT_NAME, 'site-1.0.0');
      const { status } = await fleet.hub.api.request(path, {
        method: 'PATCH',
        body: { spec: { packs: profileObject(PROJECT_NAME, SECOND, fleet.packs).spec.packs } },
        contentType: 'application/merge-patch+json',
      });
      assert.equal(status, 422);
    });

    test('values against the schema of a pack, packs that nobody has and circles are refused', async () => {
      const broken = { ...FIRST, version: '9.0.0' };
      const purple = {
        ...broken,
        packs: [{ name: 'settings', version: '1.0.0', values: 'colour: purple\n' }],
      };
      const absent = profileFile(broken).replaceAll('"name":"podinfo"', '"name":"ballast"');
      const circle = profileFile({
        ...broken,
        packs: [
          { name: 'settings', version: '1.0.0', values: 'colour: red\n', dependsOn: ['podinfo'] },
          { name: 'podinfo', version: '1.0.0', dependsOn: ['settings'] },
        ],
      });
      const refusals = [
        [profileFile(purple), 'VALUES_INVALID'],
        [absent, 'PACK_NOT_FOUND'],
        [circle, 'DEPENDENCY_CYCLE'],
      ] as const;
      for (const [text, code] of refusals) {
        const { codes, output } = await operator.refused(['apply', '-f', '-'], text);
        assert.equal(codes.at(-1), 'OBJECT_INVALID');
        assert.ok(output.includes(code), output);
      }
      assert.equal(await fleet.hub.api.get(pathOf(ClusterProfile, PROJECT_NAME, 'site-9.0.0')), undefined);
    });

    test('a cloud account is a reference to a Secret', async () => {
      const account = {
        apiVersion: `${CloudAccount.group}/${CloudAccount.version}`,
        kind: CloudAccount.kind,
        metadata: { namespace: PROJECT_NAME, name: 'dock' },
        spec: { type: 'vsphere', endpoint: 'https://vcenter.example', credentials: { name: 'vcenter' } },
      };
      const admin = await fleet.user('admin', 'skerry-admin');
      await admin.run(['apply', '-f', '-'], JSON.stringify(account));
      assert.notEqual(await fleet.hub.api.get(pathOf(CloudAccount, PROJECT_NAME, 'dock')), undefined);
    });

    test('a user without rights changes nothing and sees nothing', async () => {
      const stranger = await fleet.user('stranger');
      assert.equal((await stranger.refused(['cluster', 'create', 'mine'])).codes.at(-1), 'ACCESS_DENIED');
      assert.equal((await stranger.refused(['cluster', 'list'])).codes.at(-1), 'ACCESS_DENIED');
      const viewer = await fleet.user('viewer', 'skerry-viewer');
      await viewer.run(['cluster', 'list']);
      assert.equal((await viewer.refused(['cluster', 'create', 'mine'])).codes.at(-1), 'ACCESS_DENIED');
    });
  });

  flow('2 enrol', () => {
    const invited = ['--profile', `${FIRST.name}@${FIRST.version}`];

    test('a cluster joins by one manifest; all that it runs comes from the private registry', async () => {
      await operator.run(['cluster', 'create', 'east', ...invited, '--set-variable', 'region=e']);
      await operator.run(['cluster', 'create', 'west', ...invited, '--set-variable', 'region=w']);
      const manifest = await operator.run(['cluster', 'enroll', 'east']);
      await applyText(fleet.east.cluster, manifest);
      const key = await requestOf(east);
      // The token was used: another cluster gets nowhere with it.
      await applyText(fleet.west.cluster, manifest);
      await operator.run(['cluster', 'accept', 'east', '--key', key]);
      await east.until('has an agent', ({ agent }) => agent !== undefined);
      const agents = (await runningContainers(fleet.east.cluster)).filter(({ pod }) => pod.includes('agent'));
      assert.equal(agents.length, 1);
      assert.ok(agents.every(({ image }) => image.startsWith('localhost:31999/')));
      await until('the agent says that its token is used', async () => {
        return (await new AgentIn(fleet.west.cluster).log()).includes('TOKEN_USED') || undefined;
      });
      assert.equal((await west.read())?.status?.request, undefined);
    });

    test('a token of its own lets the other cluster in', async () => {
      await enroll(operator, fleet.west, west);
    });
  });

  flow('3 deliver', () => {
    test('a profile arrives at both clusters, layer by layer, each with its own values', async () => {
      await Promise.all([
        firstArrives(site(fleet.east, east), 'e'),
        firstArrives(site(fleet.west, west), 'w'),
      ]);
    });
  });

  flow('4 watch', () => {
    test('the hub knows nodes, versions and certificates, and nothing left the islands', async () => {
      const status = await east.status();
      assert.deepEqual(status.nodes, { ready: 1, total: 1 });
      assert.match(status.kubernetes ?? '', /^v1\./);
      assert.equal(status.agent?.transport, 'network');
      assert.ok(status.agent?.certificateUntil !== undefined);
      for (const { cluster } of [fleet.east, fleet.west])
        assert.equal((await islandCounters(cluster)).total, 0);
    });
  });

  // From here on the wire to the west is cut. While the hub waits for a word of it, the east goes through the rest.
  flow('5 drift', () => {
    const WORKER = '/api/v1/nodes/worker';

    test('it is put back without a hub', async () => {
      await fleet.west.wire.cut();
      const wanted = await settings(fleet.west.cluster);
      await edit(fleet.west.cluster, { colour: 'blue' });
      const seconds = await untilPutBack(fleet.west.cluster, wanted);
      console.log(`# put back without a hub in ${seconds.toFixed(1)} s`);
    });

    test('so it is by an agent that was started again, and what happened while there was none', async () => {
      const wanted = await settings(fleet.west.cluster);
      const agent = new AgentIn(fleet.west.cluster);
      await agent.stop();
      await edit(fleet.west.cluster, { colour: 'red' });
      await agent.start();
      await untilPutBack(fleet.west.cluster, wanted);
      await edit(fleet.west.cluster, { colour: 'blue' });
      await untilPutBack(fleet.west.cluster, wanted);
    });

    test('what somebody changes and deletes is put back, and the hub knows who changed what', async () => {
      await makeNode(fleet.east.cluster);
      await driftIsPutBack(site(fleet.east, east));
    });

    test('a worker node that goes away is reported with its machine', async () => {
      const { conditions, nodes } = await east.until(
        'has lost a node',
        ({ nodes: counted, conditions: all }) =>
          counted?.total === 2 && counted.ready === 1 && messageOf(all).includes('NodeStatusUnknown'),
      );
      assert.deepEqual(nodes, { ready: 1, total: 2 });
      assert.match(messageOf(conditions), /worker on rack-1-machine-7/);
      await fleet.east.cluster.api.remove(WORKER);
      await east.until('has all its nodes', ({ nodes: counted }) => counted?.total === 1);
    });

    /** A node whose kubelet says that it is ready, and then nothing more. */
    async function makeNode({ api }: Member['cluster']): Promise<void> {
      const annotations = { 'cluster.x-k8s.io/machine': 'rack-1-machine-7' };
      await api.apply({
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'worker', annotations },
        spec: { unschedulable: true },
      });
      const at = new Date().toISOString();
      const ready = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: '' };
      const { status, body } = await api.request(`${WORKER}/status`, {
        method: 'PATCH',
        body: { status: { conditions: [{ ...ready, lastHeartbeatTime: at, lastTransitionTime: at }] } },
        contentType: 'application/merge-patch+json',
      });
      assert.equal(status, 200, JSON.stringify(body));
    }

    function messageOf(conditions: ClusterStatus['conditions']): string {
      return conditions?.find(({ type }) => type === 'NodesReady')?.message ?? '';
    }
  });

  flow('2 enrol, again', () => {
    test('an agent that was away past the end of its certificate comes back by its key, and gets what is new', async () => {
      const { status, spec } = (await east.read()) ?? {};
      const agent = new AgentIn(fleet.east.cluster);
      await agent.stop();
      const subject = { project: PROJECT_NAME, name: 'east', id: status?.id ?? '' };
      const ended = await endedCertificate(fleet.hub, await agent.publicKey(), subject);
      await agent.keepCertificate(ended);
      await agent.start();
      await until('the agent has another certificate', async () =>
        (await agent.certificate()) === ended ? undefined : true,
      );
      // What left the profile goes, and any earlier version comes back whole.
      await secondReplaces(site(fleet.east, east), 'e');
      await firstComesBack(site(fleet.east, east), 'e');
      const after = await east.read();
      assert.equal(after?.spec.agent?.key, spec?.agent?.key);
      assert.equal(after?.status?.request, undefined);
    });
  });

  flow('6 change', () => {
    test('a rollout reaches the cluster that is there, and knows the other for offline', async () => {
      await west.until('is unknown', ({ phase }) => phase === 'Unknown');
      const rollout = {
        apiVersion: `${Rollout.group}/${Rollout.version}`,
        kind: Rollout.kind,
        metadata: { namespace: PROJECT_NAME, name: 'second' },
        spec: { profile: SECOND.name, version: SECOND.version, batch: 1, soakSeconds: 0 },
      };
      await fleet.hub.api.apply(rollout);
      const status = await rolloutUntil(
        'has the offline one left',
        ({ offline, ready }) => offline === 1 && ready === 1,
      );
      assert.equal(status.failed, 0);
      assert.equal((await settings(fleet.east.cluster)).colour, 'red');
      assert.equal((await settings(fleet.west.cluster)).colour, 'green');
    });

    test('the cluster that was offline gets it when it is back', async () => {
      await fleet.west.wire.mend();
      await rolloutUntil('is complete', ({ phase, ready }) => phase === 'Complete' && ready === 2);
      assert.equal((await settings(fleet.west.cluster)).colour, 'red');
    });

    async function rolloutUntil(
      what: string,
      holds: (status: RolloutStatus) => boolean,
    ): Promise<RolloutStatus> {
      const Stored = z.looseObject({ status: RolloutStatus.optional() });
      const path = pathOf(Rollout, PROJECT_NAME, 'second');
      const look = async () => Stored.parse(await fleet.hub.api.get(path)).status;
      return await until(`the rollout ${what}`, look, { holds });
    }
  });

  flow('what must never happen', () => {
    const NAMESPACES = ['settings', 'widgets', 'widget-kinds', 'podinfo'];

    test('an agent that is locked out gets nothing more, and is let in again by its key', async () => {
      const key = (await west.read())?.spec.agent?.key;
      assert.ok(key !== undefined);
      await operator.run(['cluster', 'revoke', 'west', '--yes']);
      await west.until('has lost its agent', ({ phase }) => phase !== 'Ready');
      await west.patch({ profiles: uses(FIRST, 'w') });
      await until('the agent says that it is locked out', async () => {
        return (await new AgentIn(fleet.west.cluster).log()).includes('KEY_NOT_ACCEPTED') || undefined;
      });
      assert.equal((await settings(fleet.west.cluster)).colour, 'red');
      await operator.run(['cluster', 'accept', 'west', '--key', key]);
      await west.untilReady({ limitMs: 2 * MINUTE });
      assert.equal((await settings(fleet.west.cluster)).colour, 'green');
    });

    test('the hub gets another address and another authority, and no agent is lost', async () => {
      const keys = await keysOf();
      const members = [east, west];
      const first = `https://${fleet.hub.nodeAddress}:31844`;
      const second = await openDoor(fleet.hub, 'another-door', 31855);
      await writeAuthority(fleet.hub, await addToSet(await readAuthority(fleet.hub), new Date()));
      const numbers = await numbersOf();
      await restartHub(fleet.hub, [first, second]);
      await Promise.all(members.map(async (member, index) => await readyAfter(member, numbers[index] ?? 0)));
      // What is new is known everywhere: what is old may go.
      await writeAuthority(fleet.hub, dropUnused(useLatest(await readAuthority(fleet.hub))));
      await closeFirstDoor(fleet.hub);
      const between = await numbersOf();
      await restartHub(fleet.hub, [second]);
      await Promise.all(members.map(async (member, index) => await readyAfter(member, between[index] ?? 0)));
      assert.deepEqual(await keysOf(), keys);
      const { authorities } = await readAuthority(fleet.hub);
      const [authority] = [...authorities.values()];
      for (const { cluster } of [fleet.east, fleet.west]) {
        const certificate = new X509Certificate(await new AgentIn(cluster).certificate());
        assert.ok(certificate.verify(new X509Certificate(authority?.certificate ?? '').publicKey));
      }
    });

    test('a silent cluster was one alert, which was sent once and once more when it was over', async () => {
      const ofWest = async () =>
        (await webhook.posted()).filter(({ rule, cluster }) => rule === 'AgentSilent' && cluster === 'west');
      const told = await until('the alert is resolved', ofWest, {
        holds: (alerts) => alerts.some(({ state }) => state === 'resolved'),
      });
      assert.deepEqual(
        told.map(({ state, severity }) => `${state} ${severity}`),
        ['firing critical', 'resolved critical'],
      );
    });

    test('a hub that is restored from an old backup deletes nothing and takes over what agents hold', async () => {
      const backup = await takeBackup(fleet.hub);
      await firstArrives(site(fleet.east, east), 'e');
      const held = (await east.status()).desired?.number ?? 0;
      const before = await uidsOf(fleet.east.cluster, NAMESPACES);
      await restoreBackup(fleet.hub, backup);
      await east.until(
        'is known again',
        ({ desired, phase }) => (desired?.number ?? 0) >= held && phase === 'Ready',
      );
      assert.deepEqual(await uidsOf(fleet.east.cluster, NAMESPACES), before);
      // It goes on from there: the next change has a higher number and is accepted.
      await secondReplaces(site(fleet.east, east), 'e');
      assert.ok(((await east.status()).desired?.number ?? 0) > held);
    });

    const keysOf = async () =>
      await Promise.all([east, west].map(async (member) => (await member.read())?.spec.agent?.key));
    const numbersOf = async () =>
      await Promise.all([east, west].map(async (member) => (await member.status()).desired?.number ?? 0));

    async function readyAfter(member: Managed, number: number): Promise<void> {
      await member.until(
        'has taken over what is new',
        ({ phase, desired, applied }) =>
          phase === 'Ready' && (desired?.number ?? 0) > number && applied?.number === desired?.number,
      );
    }
  });

  flow('7 no network at all', () => {
    let files: SiteByFile;
    let agent: AgentIn;

    before(async () => {
      agent = new AgentIn(fleet.west.cluster);
      await fleet.west.wire.cut();
    });

    after(async () => await files?.stop());

    const onFoot = () => ({ ...site(fleet.west, west), carry: files.carry });

    test('an agent with a key that nobody knows is let in by files alone', async () => {
      await operator.run(['cluster', 'revoke', 'west', '--yes']);
      await agent.stop();
      await agent.forgetIdentity();
      await applyText(fleet.west.cluster, await operator.run(['cluster', 'enroll', 'west']));
      files = await siteByFile(fleet, operator, fleet.west);
      await agent.start();
      await until('the agent has written its request', async () => (await agent.asks()) || undefined);
      await files.bringReport();
      const key = await requestOf(west);
      await operator.run(['cluster', 'accept', 'west', '--key', key]);
      const { carry } = files;
      await west.until('is heard of by file', ({ agent }) => agent?.transport === 'file', { carry });
      await firstArrives(onFoot(), 'w');
      assert.equal((await west.read())?.spec.agent?.key, key);
    });

    test('another version replaces it, and drift is put back, and a stick brings the news of it', async () => {
      const old = await files.message();
      await secondReplaces(onFoot(), 'w');
      await firstComesBack(onFoot(), 'w');
      await driftIsPutBack(onFoot());
      await nothingChangesBy(old, 'ENVELOPE_OUTDATED');
      const text = await files.message();
      const forged = text.replace(/"sig":"./, (found) => (found.endsWith('A') ? '"sig":"B' : '"sig":"A'));
      await nothingChangesBy(forged, 'SIGNATURE_NOT_TRUSTED');
      // It is no worse off for that: the next stick counts.
      await secondReplaces(onFoot(), 'w');
    });

    /** What was put into the inbox is refused with a code. */
    async function nothingChangesBy(text: string, code: string): Promise<void> {
      const { cluster } = fleet.west;
      const before = [await settings(cluster), (await agent.report())?.envelope.digest];
      await agent.putInbox(text);
      await until(`${code} is reported`, async () => {
        const refused = (await agent.report())?.refused?.code;
        return refused === code || (await agent.log()).includes(code) || undefined;
      });
      assert.deepEqual([await settings(cluster), (await agent.report())?.envelope.digest], before);
    }
  });
});
