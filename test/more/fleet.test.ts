import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import type { ClusterStatus } from '../../platform/api/cluster.ts';
import { Enrollment } from '../../platform/api/enrollment.ts';
import { islandCounters } from '../cluster/network/island.ts';
import { firstReport, hello } from '../exchange/spoken-agent.ts';
import { AgentIn } from '../fleet/agent-in.ts';
import {
  type AgentVersions,
  BROKEN,
  DYING,
  makeAgentVersions,
  NEXT,
  VERSION,
} from '../fleet/agent-versions.ts';
import { uidsOf } from '../fleet/backup.ts';
import { enroll } from '../fleet/enroll.ts';
import { type Fleet, PROJECT_NAME, startFleet } from '../fleet/fleet.ts';
import type { HubUser } from '../fleet/hub-user.ts';
import { Managed, pathOf } from '../fleet/managed.ts';
import { OddAgent } from '../fleet/odd-agent.ts';
import { profileObject } from '../fleet/profile-object.ts';
import { edit, FIRST, firstArrives, settings, untilPutBack } from '../fleet/scenarios.ts';
import { until } from '../fleet/until.ts';
import { fingerprint } from '../install/cluster-contents.ts';

const MINUTE = 60_000;
const NAMESPACES = ['settings', 'widgets', 'widget-kinds', 'podinfo'];
const DEPLOYMENT = '/apis/apps/v1/namespaces/skerry-system/deployments/skerry-agent';

describe('agents that come, and become others', { timeout: 20 * MINUTE }, () => {
  let fleet: Fleet;
  let versions: AgentVersions;
  let operator: HubUser;
  let east: Managed;
  let agent: AgentIn;
  let untouched: Record<string, string>;

  before(async () => {
    const began = performance.now();
    const say = (text: string) => console.log(`# ${((performance.now() - began) / 1000).toFixed(1)} ${text}`);
    fleet = await startFleet('upgrade', say, async (folder) => {
      say('making agents of other versions');
      versions = await makeAgentVersions(folder);
      return versions;
    });
    operator = await fleet.user('operator', 'skerry-operator');
    east = new Managed(fleet.hub, PROJECT_NAME, 'east');
    agent = new AgentIn(fleet.east.cluster);
    await fleet.hub.api.apply(profileObject(PROJECT_NAME, FIRST, fleet.packs));
    await operator.run([
      ...['cluster', 'create', 'east', '--profile', `${FIRST.name}@${FIRST.version}`],
      ...['--set-variable', 'region=e'],
    ]);
    await enroll(operator, fleet.east, east);
    await firstArrives({ managed: east, cluster: fleet.east.cluster }, 'e');
    untouched = await layersOf();
  });

  after(async () => await fleet?.stop());

  describe('agents of other versions', () => {
    let odd: Managed;
    let its: OddAgent;
    const id = 'f0f0f0f0-0000-4000-8000-000000000001';

    before(async () => {
      odd = new Managed(fleet.hub, PROJECT_NAME, 'odd');
      await operator.run(['cluster', 'create', 'odd', '--profile', `${FIRST.name}@${FIRST.version}`]);
      const manifest = await operator.run(['cluster', 'enroll', 'odd', '--auto-accept']);
      its = await OddAgent.join(fleet.hub, manifest, id);
    });

    test('are understood as far as they say what is known, and served', async () => {
      const agent = await its.connect();
      agent.say({ kind: 'sing', loud: true });
      agent.say({ ...hello({ protocol: 3, oldestProtocol: 1 }), wind: { from: 'north' } });
      assert.equal((await agent.hears('welcome')).protocol, 1);
      const cluster = { project: PROJECT_NAME, name: 'odd', id };
      const report = firstReport(its.keys, cluster, { wind: ['north'], features: ['unheard-of'] });
      agent.say({ kind: 'report', report });
      assert.equal((await agent.hears('have')).reportNumber, 1);
      await odd.until('is known by its report', ({ agent: seen }) => seen?.version === '9.9.9');
      assert.deepEqual((await odd.status()).agent?.features, ['unheard-of']);
      await operator.run([
        'cluster',
        'use',
        'odd',
        `${FIRST.name}@${FIRST.version}`,
        '--set-variable',
        'region=o',
      ]);
      assert.ok((await agent.hears('offer')).envelope.payload !== '');
      agent.close();
    });

    test('are told when they are too new, and everybody can see it', async () => {
      const agent = await its.connect();
      agent.say(hello({ protocol: 3, oldestProtocol: 2 }));
      assert.equal((await agent.hears('refused')).code, 'AGENT_PROTOCOL_NEW');
      await odd.until(
        'is not understood',
        ({ conditions }) => reasonOf(conditions, 'AgentUnderstood') === 'AGENT_PROTOCOL_NEW',
      );
      assert.deepEqual(
        agent.heard.map(({ kind }) => kind),
        ['refused'],
      );
      agent.say(hello({ protocol: 2, oldestProtocol: 1 }));
      await agent.hears('welcome');
      await odd.until(
        'is understood',
        ({ conditions }) => reasonOf(conditions, 'AgentUnderstood') === 'Understood',
      );
      agent.close();
    });
  });

  describe('an agent becomes what its envelope names', () => {
    test('another version by its digest, with the same key and without a pod of a layer touched', async () => {
      const key = await agent.publicKey();
      await become(NEXT);
      assert.ok((await imageOf()).endsWith(`@${versions.digests.get(NEXT)}`), await imageOf());
      assert.deepEqual(await layersOf(), untouched);
      assert.ok(key.equals(await agent.publicKey()));
      await enforces();
    });

    test('and the one before again', async () => {
      await become(VERSION);
      assert.deepEqual(await layersOf(), untouched);
      await enforces();
    });

    test('not one that does not start: the one before works all the while, and the hub knows why', async () => {
      const pods = await agent.pods();
      // So long a new agent may take to get ready; five minutes is for slow networks.
      await patchDeployment({ spec: { progressDeadlineSeconds: 20 } });
      await east.patch({ agent: { version: BROKEN } });
      await failed(BROKEN);
      await patchDeployment({ spec: { progressDeadlineSeconds: 300 } });
      // The very pod that worked before: it was not started again.
      await until('the new pod is gone', async () => {
        const now = await agent.pods();
        return now.length === pods.length && now.every((name) => pods.includes(name)) ? true : undefined;
      });
      await enforces();
    });

    test('nor one that ends whenever it works: it puts the one before back itself', async () => {
      await east.patch({ agent: { version: DYING } });
      await failed(DYING);
      await enforces();
      assert.deepEqual(await layersOf(), untouched);
    });

    test('and again the next, when that is named once more', async () => {
      await become(NEXT);
      assert.deepEqual(await layersOf(), untouched);
      await enforces();
    });

    test('a version that no registry has changes nothing, and the hub says so', async () => {
      const { desired } = await east.status();
      await east.patch({ agent: { version: '99.0.0' } });
      await east.until(
        'has no such version',
        ({ conditions }) => reasonOf(conditions, 'Compiled') === 'AGENT_VERSION_UNKNOWN',
      );
      assert.equal((await east.status()).desired?.number, desired?.number);
      await become(NEXT);
      assert.equal((await islandCounters(fleet.east.cluster)).total, 0);
    });
  });

  describe('a hub with a kubeconfig puts the agent there itself', () => {
    let west: Managed;
    let file: Kubeconfig;
    let untouchedWest: Record<string, string>;

    before(async () => {
      west = new Managed(fleet.hub, PROJECT_NAME, 'west');
      await operator.run(['cluster', 'create', 'west']);
      file = await readKubeconfig(fleet.west.cluster.kubeconfig);
      untouchedWest = await fingerprint(fleet.west.cluster);
    });

    const refusals: Readonly<Record<string, [code: string, text: () => Promise<string>]>> = {
      'of somebody who may not': [
        'CLUSTER_FORBIDDEN',
        async () => await readFile(await fleet.west.cluster.userKubeconfig('nobody'), 'utf8'),
      ],
      'with the authority of another cluster': [
        'CLUSTER_UNREACHABLE',
        async () => {
          const { clusters } = await readKubeconfig(fleet.hub.kubeconfig);
          return withCluster(file, { 'certificate-authority-data': clusters[0].cluster[AUTHORITY] });
        },
      ],
      'with an address where nobody answers': [
        'CLUSTER_UNREACHABLE',
        async () => withCluster(file, { server: `https://${fleet.west.cluster.nodeAddress}:6444` }),
      ],
      'with credentials that another cluster gave out': [
        'CLUSTER_UNAUTHORIZED',
        async () => stringify({ ...file, users: (await readKubeconfig(fleet.hub.kubeconfig)).users }),
      ],
      'that runs a program': [
        'KUBECONFIG_INVALID',
        async () => stringify({ ...file, users: [{ ...file.users[0], user: { exec: { command: 'sh' } } }] }),
      ],
      'that is none': ['KUBECONFIG_INVALID', async () => 'sesame'],
    };
    for (const [what, [code, text]] of Object.entries(refusals))
      test(`not with one ${what}`, async () => {
        await lend(code.toLowerCase().replaceAll('_', '-') + what.length, await text());
        await isRefused(west, code);
        assert.deepEqual(await fingerprint(fleet.west.cluster), untouchedWest);
      });

    test('not with one whose Secret does not say that it is for this', async () => {
      await lend('unlabelled', stringify(file), {});
      await isRefused(west, 'SECRET_NOT_LENT');
    });

    test('not where the agent of another hub is', async () => {
      const { api } = fleet.west.cluster;
      await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'skerry-system' } });
      const hub = {
        ...{ authorities: [], keys: ['of another hub'], urls: ['https://192.0.2.7:31844'] },
        cluster: { project: PROJECT_NAME, name: 'west' },
      };
      await api.apply({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'skerry-agent-hub', namespace: 'skerry-system' },
        data: { 'hub.json': JSON.stringify(hub) },
      });
      const left = await fingerprint(fleet.west.cluster);
      await lend('good', stringify(file));
      await isRefused(west, 'AGENT_OF_ANOTHER_HUB');
      assert.deepEqual(await fingerprint(fleet.west.cluster), left);
      await api.remove(HUB);
    });

    test('with a good one, and the cluster becomes what its profile says', async () => {
      await lend('again', stringify(file));
      await west.until('has an agent', ({ agent: its }) => its !== undefined);
      await west.until(
        'has its agent installed',
        ({ conditions }) => statusOf(conditions, INSTALLED) === 'True',
      );
      await firstArrives({ managed: west, cluster: fleet.west.cluster }, 'w');
      const { spec, status } = (await west.read()) ?? {};
      assert.ok(spec?.agent?.key !== undefined);
      assert.equal(status?.agent?.transport, 'network');
      assert.doesNotMatch(JSON.stringify(status), /certificate-authority|client-key/);
    });

    test('not where the agent of another cluster of its own is', async () => {
      const other = new Managed(fleet.hub, PROJECT_NAME, 'west-2');
      await operator.run(['cluster', 'create', 'west-2']);
      const agents = new AgentIn(fleet.west.cluster);
      const [pods, text] = [await agents.pods(), await hubTextOf()];
      await other.patch({ kubeconfig: { name: 'again', key: 'kubeconfig' } });
      await isRefused(other, 'AGENT_OF_ANOTHER_CLUSTER');
      assert.deepEqual([await agents.pods(), await hubTextOf()], [pods, text]);
    });

    test('and does not let an agent in again that was locked out', async () => {
      await operator.run(['cluster', 'revoke', 'west', '--yes']);
      const agents = new AgentIn(fleet.west.cluster);
      await until('the agent says that it is locked out', async () => {
        return (await agents.log()).includes('KEY_NOT_ACCEPTED') || undefined;
      });
      const enrollments = await enrollmentsOf();
      await fleet.west.cluster.api.remove(HUB);
      await west.patch({ kubeconfig: { name: 'good', key: 'kubeconfig' } });
      await until('its objects are there again', hubTextOf);
      assert.deepEqual(await enrollmentsOf(), enrollments);
      assert.equal((await west.read())?.spec.agent?.key, undefined);
    });

    async function enrollmentsOf(): Promise<string[]> {
      const { items } = Named.parse(await fleet.hub.api.get(pathOf(Enrollment, PROJECT_NAME)));
      return items.map(({ metadata }) => metadata.name);
    }

    async function hubTextOf(): Promise<unknown> {
      return await fleet.west.cluster.api.get(HUB);
    }

    /** Keeps a kubeconfig in the project and has the Cluster name it. */
    async function lend(name: string, text: string, labels: object = LENT): Promise<void> {
      await fleet.hub.api.apply({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name, namespace: PROJECT_NAME, labels },
        data: { kubeconfig: Buffer.from(text).toString('base64') },
      });
      await west.patch({ kubeconfig: { name, key: 'kubeconfig' } });
    }
  });

  async function isRefused(managed: Managed, code: string): Promise<void> {
    const { conditions } = await managed.until(
      `is refused with ${code}`,
      (status) => reasonOf(status.conditions, INSTALLED) === code,
    );
    assert.equal(statusOf(conditions, INSTALLED), 'False');
  }

  async function become(version: string): Promise<void> {
    const began = performance.now();
    await east.patch({ agent: { version } });
    await east.until(
      `has an agent ${version}`,
      ({ phase, agent: its, conditions, desired, applied }) =>
        phase === 'Ready' &&
        its?.version === version &&
        desired?.number === applied?.number &&
        reasonOf(conditions, 'AgentCurrent') === 'VersionRuns',
    );
    console.log(`# agent ${version} after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    await until('one agent is left', async () => ((await agent.pods()).length === 1 ? true : undefined));
  }

  async function failed(version: string): Promise<void> {
    const { agent: its } = await east.until(
      `has not become ${version}`,
      ({ conditions }) =>
        reasonOf(conditions, 'AgentCurrent') === 'AGENT_UPGRADE_FAILED' &&
        messageOf(conditions, 'AgentCurrent').includes(version),
      { limitMs: 5 * MINUTE },
    );
    assert.equal(its?.version, VERSION);
    assert.ok((await imageOf()).includes(`:${VERSION}@`), await imageOf());
  }

  /** Whatever agent it is, it works. */
  async function enforces(): Promise<void> {
    const wanted = await settings(fleet.east.cluster);
    await edit(fleet.east.cluster, { colour: 'blue' });
    await untilPutBack(fleet.east.cluster, wanted);
    await east.untilReady();
  }

  async function layersOf(): Promise<Record<string, string>> {
    const objects = await uidsOf(fleet.east.cluster, NAMESPACES);
    return { ...objects, ...(await podsOf()) };
  }

  async function podsOf(): Promise<Record<string, string>> {
    const { items } = Pods.parse(await fleet.east.cluster.api.get('/api/v1/pods'));
    const own = items.filter(({ metadata }) => NAMESPACES.includes(metadata.namespace));
    return Object.fromEntries(
      own.map(({ metadata: { namespace, name, uid }, status }) => [
        `pods ${namespace}/${name}`,
        `${uid} ${(status.containerStatuses ?? []).map(({ restartCount }) => restartCount)}`,
      ]),
    );
  }

  async function imageOf(): Promise<string> {
    const { spec } = Deployment.parse(await fleet.east.cluster.api.get(DEPLOYMENT));
    return spec.template.spec.containers[0].image;
  }

  async function patchDeployment(body: object): Promise<void> {
    const { status } = await fleet.east.cluster.api.request(DEPLOYMENT, {
      method: 'PATCH',
      body,
      contentType: 'application/merge-patch+json',
    });
    assert.equal(status, 200);
  }
});

const Pods = z.looseObject({
  items: z.array(
    z.looseObject({
      metadata: z.looseObject({ name: z.string(), namespace: z.string(), uid: z.string() }),
      status: z.looseObject({
        containerStatuses: z.array(z.looseObject({ restartCount: z.int() })).optional(),
      }),
    }),
  ),
});
const HUB = '/api/v1/namespaces/skerry-system/configmaps/skerry-agent-hub';
const Named = z.looseObject({
  items: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) })),
});
const Deployment = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({ containers: z.tuple([z.looseObject({ image: z.string() })]) }),
    }),
  }),
});

const AUTHORITY = 'certificate-authority-data';
const INSTALLED = 'AgentInstalled';
const LENT = { 'skerry.dev/use': 'kubeconfig' };

const Kubeconfig = z.looseObject({
  clusters: z.tuple([z.looseObject({ cluster: z.looseObject({ [AUTHORITY]: z.string() }) })]),
  users: z.tuple([z.looseObject({})]),
});
type Kubeconfig = z.infer<typeof Kubeconfig>;

async function readKubeconfig(path: string): Promise<Kubeconfig> {
  return Kubeconfig.parse(parse(await readFile(path, 'utf8')));
}

function withCluster(file: Kubeconfig, fields: object): string {
  const [entry] = file.clusters;
  return stringify({ ...file, clusters: [{ ...entry, cluster: { ...entry.cluster, ...fields } }] });
}

type Conditions = ClusterStatus['conditions'];

function statusOf(conditions: Conditions, wanted: string): string | undefined {
  return conditions?.find(({ type }) => type === wanted)?.status;
}

function reasonOf(conditions: Conditions, wanted: string): string | undefined {
  return conditions?.find(({ type }) => type === wanted)?.reason;
}

function messageOf(conditions: Conditions, wanted: string): string {
  return conditions?.find(({ type }) => type === wanted)?.message ?? '';
}
