import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { stringify } from 'yaml';
import { z } from 'zod';
import { CloudAccount, CloudAccountStatus } from '../../platform/api/cloud-account.ts';
import type { ClusterStatus } from '../../platform/api/cluster.ts';
import type { InfrastructureState } from '../../platform/api/infrastructure.ts';
import type { AwsKeys } from '../../platform/infra/provider/aws/signature.ts';
import { ensureHost } from '../cluster/host.ts';
import { type EksSite, GATEWAY, PROJECT_NAME, startEksSite } from '../eks/hub-site.ts';
import { commandLines, envelopes, leaksIn, openPlaces } from '../eks/leaks.ts';
import { makeKeys, makeRole, makeUser, makeVpc, remains } from '../eks/tenant.ts';
import { AgentIn } from '../fleet/agent-in.ts';
import { Managed, pathOf } from '../fleet/managed.ts';
import { profileObject } from '../fleet/profile-object.ts';
import { until } from '../fleet/until.ts';
import { Sequence } from '../provision/made/sequence.ts';
import { type Step, watchSteps } from '../provision/made/timeline.ts';

const MINUTE = 60_000;
const NAME = 'site';
const NAMESPACE = `clusters-${PROJECT_NAME}`;
const PROFILE = { name: 'base', version: '1.0.0', packs: [{ name: 'podinfo', version: '1.0.0' }] };
const OPERATORS = 'arn:aws:iam::123456789012:role/operators';
/** An account whose work is done as a role, and one whose own keys do it. */
const BY_ROLE = 'tenant';
const BY_KEYS = 'plain';

const Described = z.looseObject({
  cluster: z.looseObject({
    version: z.string(),
    tags: z.record(z.string(), z.string()),
    resourcesVpcConfig: z.looseObject({
      subnetIds: z.array(z.string()),
      endpointPrivateAccess: z.boolean(),
      endpointPublicAccess: z.boolean(),
    }),
  }),
});
const Group = z.looseObject({ nodegroup: z.looseObject({ version: z.string() }) });
const Entries = z.looseObject({ accessEntries: z.array(z.string()) });
const Policies = z.looseObject({
  associatedAccessPolicies: z.array(z.looseObject({ policyArn: z.string() })),
});
const SecretData = z.looseObject({ data: z.record(z.string(), z.string()) });
const Named = z.looseObject({
  items: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string(), uid: z.string() }) })),
});
const Account = z.looseObject({ status: CloudAccountStatus.optional() });
const Ready = z.looseObject({ status: z.looseObject({ readyReplicas: z.int().optional() }).optional() });

const isTrue = ({ conditions = [] }: Pick<ClusterStatus, 'conditions'>, type: string) =>
  conditions.some((one) => one.type === type && one.status === 'True');
const provisioned = ({ conditions = [] }: Pick<ClusterStatus, 'conditions'>) =>
  conditions.find(({ type }) => type === 'Provisioned');

/** What a user waits for, in the order in which it should come. */
const STEPS: readonly Step<ClusterStatus>[] = [
  { name: 'the hub takes it', holds: (status) => isTrue(status, 'ProvisionAccepted') },
  { name: 'the gateway reports it', holds: ({ infrastructure }) => infrastructure !== undefined },
  {
    name: 'the control plane is available',
    holds: ({ infrastructure }) => infrastructure?.controlPlane.ready === 1,
  },
  {
    name: 'the agent is in it',
    holds: ({ infrastructure }) => isTrue({ conditions: infrastructure?.conditions }, 'AgentInstalled'),
  },
  { name: 'the agent is let in', holds: ({ agent }) => agent !== undefined },
  { name: 'all nodes are ready', holds: ({ infrastructure }) => infrastructure?.phase === 'Provisioned' },
  {
    name: 'complete',
    holds: ({ phase, desired, applied }) =>
      phase === 'Ready' && desired !== undefined && applied?.number === desired.number,
  },
];

describe('a hub that is its own gateway, and a tenant’s EKS', { timeout: 40 * MINUTE }, () => {
  let site: EksSite;
  let managed: Managed;
  let network: { vpc: string; subnets: string[] };
  const story = new Sequence();
  const keys: Record<string, AwsKeys> = {};
  /** Everything that must stand nowhere in clear. */
  const secrets: string[] = [];
  const began = performance.now();
  const say = (text: string) => console.log(`# ${((performance.now() - began) / 1000).toFixed(1)} s ${text}`);

  before(async () => {
    await ensureHost({ install: true, onProgress: say });
    site = await startEksSite('eksflow', say);
    managed = new Managed(site.hub, PROJECT_NAME, NAME);
    network = await makeVpc(site.aws);
    for (const role of ['eks-cluster', 'eks-node']) await makeRole(site.aws, role);
    for (const account of [BY_ROLE, BY_KEYS]) await give(account, await makeUser(site.aws, account));
  });
  after(async () => {
    if (site !== undefined && story.hasFailed) await tell();
    await site?.stop();
    say('the end');
  });

  const step = (title: string, run: () => Promise<void>) =>
    story.step(title, async () => {
      await run();
      say(title);
    });

  async function tell(): Promise<void> {
    for (const name of [NAME, 'second', 'reef', GATEWAY]) {
      const read = await new Managed(site.hub, PROJECT_NAME, name).read();
      if (read !== undefined) say(`${name}: ${JSON.stringify(read.status)?.slice(0, 4000)}`);
    }
    for (const namespace of ['skerry-infra', 'capa-system', 'capi-system'])
      say(`${namespace}: ${(await podLog(namespace)).slice(-4000)}`);
    say(`agent: ${(await new AgentIn(site.hub).log()).slice(-3000)}`);
    say(`agent behind: ${(await new AgentIn(site.behind).log()).slice(-3000)}`);
  }

  async function podLog(namespace: string): Promise<string> {
    const pods = `/api/v1/namespaces/${namespace}/pods`;
    const { items } = Named.parse(await site.hub.api.get(pods));
    const texts = items.map(async ({ metadata }) => {
      const { body } = await site.hub.api.request(`${pods}/${metadata.name}/log?tailLines=60`);
      return String(body);
    });
    return (await Promise.all(texts)).join('\n');
  }

  async function give(account: string, made: AwsKeys): Promise<void> {
    keys[account] = made;
    secrets.push(made.secretAccessKey);
    await site.lend(account, made);
  }

  const keyOf = (account: string) => keys[account]?.accessKeyId;

  function provision(account: string, placement: object, workers = 2) {
    return {
      account,
      kubernetes: '1.34',
      serviceCidr: '10.96.0.0/16',
      placement: { ...network, clusterRole: 'eks-cluster', nodeRole: 'eks-node', ...placement },
      controlPlane: { replicas: 1, size: 'eks' },
      pools: [{ name: 'workers', replicas: workers, size: 'm5.large', labels: { tier: 'web' } }],
    };
  }

  async function create(name: string, spec: object, ...more: readonly string[]): Promise<void> {
    const file = join(site.folder, `${name}.yaml`);
    await writeFile(file, stringify({ provision: spec }));
    await site.admin.run(['cluster', 'create', name, '--from', file, ...more]);
  }

  const accountStatus = async (name: string) =>
    Account.parse(await site.hub.api.get(pathOf(CloudAccount, PROJECT_NAME, name))).status;

  /** The cluster of EKS that a cluster of the hub is. */
  async function nameInAws(name: string): Promise<string> {
    const all = (await remains(site.aws)).clusters ?? [];
    return all.find((one) => one.startsWith(`${name}-`)) ?? assert.fail(`${all}`);
  }

  const described = async (name: string) =>
    Described.parse(JSON.parse(await site.aws.get(`/clusters/${await nameInAws(name)}`))).cluster;

  function isSettled(state: InfrastructureState | undefined, workers: number): boolean {
    const [pool] = state?.pools ?? [];
    return state?.phase === 'Provisioned' && pool?.ready === workers && pool.wanted === workers;
  }

  async function settled(of: Managed, workers: number): Promise<void> {
    await of.until(`has ${workers} nodes`, ({ infrastructure }) => isSettled(infrastructure, workers), {
      limitMs: 6 * MINUTE,
    });
  }

  step('its own cluster becomes a gateway by one command, and both accounts are let in', async () => {
    const roleArn = await makeRole(site.aws, 'skerry');
    const printed = await site.install([{ name: BY_ROLE, roleArn }, { name: BY_KEYS }]);
    assert.match(printed, /gateway home works/);
    const { layers = [] } = await new Managed(site.hub, PROJECT_NAME, GATEWAY).status();
    assert.deepEqual(layers.map(({ name, state }) => `${name} ${state}`).toSorted(), [
      ...['account-plain ready', 'account-tenant ready', 'cluster-api ready', 'cluster-api-aws ready'],
      'infra ready',
    ]);
    for (const account of [BY_ROLE, BY_KEYS]) {
      const { capabilities, lastError } = (await accountStatus(account)) ?? {};
      assert.deepEqual([capabilities, lastError], [['eks'], undefined]);
    }
    const assumed = (await site.aws.calls()).filter(({ action }) => action === 'AssumeRole');
    assert.deepEqual([...new Set(assumed.map(({ key }) => key))], [keyOf(BY_ROLE)]);
  });

  step('what the account lacks is reported before anything is made', async () => {
    const reef = new Managed(site.hub, PROJECT_NAME, 'reef');
    const subnets = [...network.subnets, 'subnet-0none'];
    await create('reef', provision(BY_ROLE, { subnets, nodeRole: 'no-such-role' }));
    const told = await reef.until('is told what is missing', (status) => {
      const { reason, message = '' } = provisioned(status) ?? {};
      return reason === 'NETWORK_UNKNOWN' && message.includes('no-such-role');
    });
    assert.match(provisioned(told)?.message ?? '', /subnet-0none/);
    const { clusters, securityGroups } = await remains(site.aws);
    assert.deepEqual({ clusters, securityGroups }, { clusters: [], securityGroups: [] });
    await site.admin.run(['cluster', 'delete', 'reef', '--yes']);
    await site.admin.run(['cluster', 'wait', 'reef', '--for', 'deleted', '--timeout', '300']);
  });

  step(
    'a cluster is made as a role, gets its agent by a token of EKS, its profile, and is complete',
    async () => {
      await site.hub.api.apply(profileObject(PROJECT_NAME, PROFILE, site.packs));
      const access = [{ principal: OPERATORS, policy: 'view', groups: ['watchers'] }];
      const asked = performance.now();
      await create(
        NAME,
        provision(BY_ROLE, { access, tags: { costs: 'harbour' } }),
        '--profile',
        'base@1.0.0',
      );
      const times = await watchSteps({
        look: async () => (await managed.read())?.status,
        ...{ steps: STEPS, began: asked, limitMs: 8 * MINUTE },
        onStep: (name, seconds) => say(`${name} after ${seconds.toFixed(1)} s`),
      });
      assert.equal(times.size, STEPS.length);
      await site.admin.run(['cluster', 'wait', NAME, '--timeout', '60']);
      const { infrastructure } = await managed.status();
      assert.equal(infrastructure?.endpoint, `https://${site.behind.nodeAddress}:6443`);
      assert.deepEqual(infrastructure.pools, [{ name: 'workers', ready: 2, wanted: 2 }]);
      const podinfo = '/apis/apps/v1/namespaces/podinfo/deployments/podinfo';
      assert.equal(Ready.parse(await site.behind.api.get(podinfo)).status?.readyReplicas, 1);
      assert.match(await site.admin.run(['cluster', 'machines', NAME]), /workers +2 of 2 ready/);
    },
  );

  step('it is where and what was asked for, and those may in that were named', async () => {
    const { version, tags, resourcesVpcConfig } = await described(NAME);
    assert.equal(version, '1.34');
    assert.deepEqual([tags['skerry.dev/name'], tags.costs], [`${PROJECT_NAME}/${NAME}`, 'harbour']);
    const { subnetIds, endpointPrivateAccess, endpointPublicAccess } = resourcesVpcConfig;
    assert.deepEqual(subnetIds.toSorted(), network.subnets.toSorted());
    assert.deepEqual([endpointPrivateAccess, endpointPublicAccess], [true, false]);
    const path = `/clusters/${await nameInAws(NAME)}/access-entries`;
    const { accessEntries } = Entries.parse(JSON.parse(await site.aws.get(path)));
    assert.deepEqual(accessEntries, [OPERATORS]);
    const policies = await site.aws.get(`${path}/${encodeURIComponent(OPERATORS)}/access-policies`);
    assert.deepEqual(
      Policies.parse(JSON.parse(policies)).associatedAccessPolicies.map(({ policyArn }) => policyArn),
      ['arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy'],
    );
    // The user's own keys do nothing but assume the role.
    const own = (await site.aws.calls()).filter(({ key }) => key === keyOf(BY_ROLE));
    assert.deepEqual([...new Set(own.map(({ action }) => action))], ['AssumeRole']);
  });

  step('no secret is in a log, an object, an envelope or a command line', async () => {
    await assertNoLeak();
  });

  async function assertNoLeak(): Promise<void> {
    const path = `/api/v1/namespaces/${NAMESPACE}/secrets/${NAME}-kubeconfig`;
    const { data } = SecretData.parse(await site.hub.api.get(path));
    const kubeconfig = Buffer.from(data.value ?? '', 'base64').toString();
    const token = /k8s-aws-v1\.[\w-]+/.exec(kubeconfig)?.[0] ?? assert.fail('no token of EKS');
    const wrong = [...secrets, token];
    const sent = await envelopes(site.hub);
    assert.ok(sent.some((text) => text.includes(`"${NAME}"`)));
    const places = new Map([
      ...(await openPlaces(site.hub)),
      ...(await openPlaces(site.behind)),
      ...sent.map((text, index) => [`envelope ${index}`, text] as const),
      ['command lines', await commandLines()],
    ]);
    assert.deepEqual(leaksIn(places, wrong), []);
    // The search finds what is there.
    assert.ok(leaksIn(places, [network.vpc]).length > 0);
  }

  step('nodes are added', async () => {
    await site.admin.run(['cluster', 'scale', NAME, 'workers=3']);
    await settled(managed, 3);
    assert.equal((await remains(site.aws)).instances?.length, 3);
  });

  step('Kubernetes is upgraded, the control plane before the nodes', async () => {
    await managed.patch({ provision: { kubernetes: '1.35' } });
    await managed.until(
      'says the new version',
      ({ infrastructure }) => {
        return infrastructure?.kubernetes?.includes('1.35') === true;
      },
      { limitMs: 5 * MINUTE },
    );
    const path = `/clusters/${await nameInAws(NAME)}/node-groups/workers`;
    const group = async () => Group.parse(JSON.parse(await site.aws.get(path))).nodegroup.version;
    await until('the nodes are upgraded', group, { holds: (version) => version === '1.35' });
    assert.equal((await described(NAME)).version, '1.35');
    // What is asked too early is refused, and asked again.
    const calls = (await site.aws.calls()).flatMap(({ action, status }) => (status < 300 ? [action] : []));
    assert.ok(calls.indexOf('UpdateClusterVersion') < calls.indexOf('UpdateNodegroupVersion'));
    await settled(managed, 3);
  });

  step('keys are replaced without touching the cluster, and work goes on with the new ones', async () => {
    const [before, provider] = [await remains(site.aws), await podsOf('capa-system')];
    const { accessKeyId, secretAccessKey } = keys[BY_ROLE] ?? assert.fail();
    const from = Date.now();
    const made = await makeKeys(site.aws, BY_ROLE);
    await give(BY_ROLE, made);
    // Both hold until the provider runs with the new ones, as IAM lets them.
    await until('the provider is started again', async () => await podsOf('capa-system'), {
      holds: (pods) => pods.length === 1 && pods.every((pod) => !provider.includes(pod)),
      limitMs: 5 * MINUTE,
    });
    const assumes = async () =>
      (await site.aws.calls()).filter(
        ({ at, action, key }) => at > from && action === 'AssumeRole' && key === made.accessKeyId,
      );
    await until('the role is assumed with the new keys', async () => (await assumes()).at(0));
    await site.aws.control({
      do: 'admit',
      keys: [{ accessKeyId, secretAccessKey, refusal: 'InvalidClientTokenId' }],
    });
    const revoked = Date.now();
    await site.admin.run(['cluster', 'scale', NAME, 'workers=4']);
    await settled(managed, 4);
    const calls = (await site.aws.calls()).filter(({ at }) => at > from);
    const changes = ['CreateCluster', 'DeleteCluster', 'CreateNodegroup', 'DeleteNodegroup'];
    assert.deepEqual(
      calls.filter(({ action }) => changes.includes(action)),
      [],
    );
    assert.deepEqual(
      calls.filter(({ at, key }) => at > revoked && key === accessKeyId),
      [],
    );
    const { instances = [], ...rest } = await remains(site.aws);
    const { instances: ran = [], ...restBefore } = before;
    assert.deepEqual(rest, restBefore);
    assert.ok(ran.every((id) => instances.includes(id)));
    assert.equal((await accountStatus(BY_ROLE))?.verified, true);
  });

  async function podsOf(namespace: string): Promise<string[]> {
    const { items } = Named.parse(await site.hub.api.get(`/api/v1/namespaces/${namespace}/pods`));
    return items.map(({ metadata }) => metadata.uid);
  }

  step(
    'an action that fails is reported by its cause, and the cluster is made by keys once it does not',
    async () => {
      const fault = { action: 'CreateCluster', code: 'ResourceLimitExceededException', status: 400 };
      await site.aws.control({ do: 'fail', faults: [fault] });
      const second = new Managed(site.hub, PROJECT_NAME, 'second');
      await create('second', provision(BY_KEYS, {}, 1));
      const isFull = (status: ClusterStatus) => provisioned(status)?.reason === 'QUOTA_EXCEEDED';
      await second.until('is told why it is not made', isFull, { limitMs: 4 * MINUTE });
      await site.aws.control({ do: 'fail', faults: [] });
      await settled(second, 1);
      assert.equal((await managed.status()).phase, 'Ready');
      const made = (await site.aws.calls()).filter(
        ({ action, status }) => action === 'CreateCluster' && status === 200,
      );
      assert.deepEqual([made.length, made.at(-1)?.key], [2, keyOf(BY_KEYS)]);
      // One API server stands behind both here: the agent that is there is another cluster's, and stays.
      const isRefused = ({ infrastructure }: ClusterStatus) =>
        infrastructure?.conditions?.some(({ reason }) => reason === 'AGENT_OF_ANOTHER_CLUSTER') === true;
      await second.until('gets no agent beside another', isRefused);
    },
  );

  step('they are deleted, and nothing is left but what the tenant gave', async () => {
    for (const name of ['second', NAME]) await site.admin.run(['cluster', 'delete', name, '--yes']);
    for (const name of ['second', NAME])
      await site.admin.run(['cluster', 'wait', name, '--for', 'deleted', '--timeout', '480']);
    const nothing = { clusters: [], scalingGroups: [], instances: [], securityGroups: [] };
    assert.deepEqual(await remains(site.aws), nothing);
    await assertTenantStays();
    const left: string[] = [];
    for (const path of [
      `/apis/cluster.x-k8s.io/v1beta2/namespaces/${NAMESPACE}/clusters`,
      `/apis/cluster.x-k8s.io/v1beta2/namespaces/${NAMESPACE}/machinepools`,
      `/apis/controlplane.cluster.x-k8s.io/v1beta2/namespaces/${NAMESPACE}/awsmanagedcontrolplanes`,
      `/apis/infrastructure.cluster.x-k8s.io/v1beta2/namespaces/${NAMESPACE}/awsmanagedclusters`,
      `/apis/infrastructure.cluster.x-k8s.io/v1beta2/namespaces/${NAMESPACE}/awsmanagedmachinepools`,
      `/apis/infrastructure.skerry.dev/v1alpha1/namespaces/${NAMESPACE}/skerryclusters`,
    ])
      left.push(...Named.parse(await site.hub.api.get(path)).items.map(({ metadata }) => metadata.name));
    const held = Named.parse(await site.hub.api.get(`/api/v1/namespaces/${NAMESPACE}/secrets`)).items;
    left.push(
      ...held.map(({ metadata }) => metadata.name).filter((name) => /^(site|second|reef)[-.]/.test(name)),
    );
    assert.deepEqual(left, []);
  });

  async function assertTenantStays(): Promise<void> {
    const subnets = await site.aws.query('ec2', 'DescribeSubnets', {
      'Filter.1.Name': 'vpc-id',
      'Filter.1.Value.1': network.vpc,
    });
    for (const id of network.subnets) assert.ok(subnets.includes(id));
    for (const role of ['eks-cluster', 'eks-node', 'skerry'])
      assert.ok((await site.aws.query('iam', 'GetRole', { RoleName: role })).includes(`:role/${role}<`));
  }
});
