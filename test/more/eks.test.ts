import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { capaTrouble } from '../../platform/infra/provider/aws/capa-state.ts';
import { awsDriver } from '../../platform/infra/provider/aws/driver.ts';
import type { AwsKeys } from '../../platform/infra/provider/aws/signature.ts';
import { clusterPrograms } from '../cluster/builds/program.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { ensureHost } from '../cluster/host.ts';
import { Aws, REGION, reviewSetup } from '../eks/aws.ts';
import { Engine } from '../eks/engine.ts';
import { pushAgent } from '../eks/push.ts';
import { makeKeys, makeRole, makeUser, makeVpc, remains } from '../eks/tenant.ts';
import { until } from '../fleet/until.ts';

const MINUTE = 60_000;
const NAMESPACE = 'clusters-harbour';
const ACCOUNT = 'tenant';
const CAPI = `/apis/cluster.x-k8s.io/v1beta2/namespaces/${NAMESPACE}`;
const CONTROL_PLANES = `/apis/controlplane.cluster.x-k8s.io/v1beta2/namespaces/${NAMESPACE}/awsmanagedcontrolplanes`;

/** What the packs of the cluster's profile come to. */
const AGENT_RULES = [{ apiGroups: ['lighthouses.example'], resources: ['lamps'], verbs: ['create'] }];

const Condition = z.looseObject({ type: z.string(), status: z.string() });
const ClusterObject = z.looseObject({
  status: z
    .looseObject({
      conditions: z.array(Condition).optional(),
      initialization: z.looseObject({ controlPlaneInitialized: z.boolean().optional() }).optional(),
    })
    .optional(),
});
const PoolObject = z.looseObject({
  status: z.looseObject({ readyReplicas: z.int().optional(), replicas: z.int().optional() }).optional(),
});
const ControlPlane = z.looseObject({
  spec: z.looseObject({ eksClusterName: z.string() }),
  status: z.looseObject({ version: z.string().optional() }).optional(),
});
const SecretObject = z.looseObject({ data: z.record(z.string(), z.string()) });
const Kubeconfig = z.looseObject({
  users: z.array(z.looseObject({ user: z.looseObject({ token: z.string() }) })),
});

describe('clusters of EKS by Cluster API’s provider for AWS', { timeout: 40 * MINUTE }, () => {
  let folder: string;
  let cluster: Cluster;
  let aws: Aws;
  let engine: Engine;
  let keys: AwsKeys;
  let network: { vpc: string; subnets: string[] };
  const began = performance.now();
  const say = (text: string) => console.log(`# ${((performance.now() - began) / 1000).toFixed(1)} ${text}`);

  before(async () => {
    await ensureHost({ install: true, onProgress: say });
    const cache = programCache(process.env);
    const programs = await ensurePrograms(clusterPrograms, { cache, onProgress: say });
    const more = await ensurePrograms(['helm', 'cluster-api-core', 'cluster-api-aws'], {
      cache,
      onProgress: say,
    });
    folder = await mkdtemp(join(tmpdir(), 'skerry-eks-'));
    const setup = await reviewSetup(folder, new Date());
    cluster = await startCluster({ name: 'eks', programs, apiServer: setup.apiServer, onProgress: say });
    aws = await Aws.start({ cluster, setup, folder, onProgress: say });
    keys = await makeUser(aws, ACCOUNT);
    network = await makeVpc(aws);
    for (const role of ['eks-cluster', 'eks-node']) await makeRole(aws, role);
    say('starting Cluster API');
    engine = await Engine.start({ cluster, aws, programs: more, folder });
    await cluster.api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
    await giveAccount(keys);
    say('ready');
  });

  after(async () => {
    await engine?.stop();
    await aws?.stop();
    await cluster?.stop();
    if (process.env.SKERRY_KEEP === undefined) await rm(folder, { recursive: true, force: true });
  });

  async function giveAccount({ accessKeyId, secretAccessKey }: AwsKeys): Promise<void> {
    await engine.apply('cloud-account', NAMESPACE, {
      origin: { project: 'harbour', name: ACCOUNT },
      type: 'aws',
      settings: { region: REGION },
      namespaces: [NAMESPACE],
      credentials: { accessKeyId, secretAccessKey },
    });
  }

  async function want(name: string, replicas: number, kubernetes = 'v1.34.4'): Promise<void> {
    await engine.apply('eks-cluster', NAMESPACE, {
      cluster: { project: 'harbour', name, id: `id-of-${name}` },
      account: { namespace: NAMESPACE, name: ACCOUNT, type: 'aws', settings: { region: REGION } },
      kubernetes,
      network: { services: '10.96.0.0/12' },
      placement: { ...network, clusterRole: 'eks-cluster', nodeRole: 'eks-node' },
      pools: [{ name: 'workers', replicas, machine: { flavor: 'm5.large' }, labels: { tier: 'web' } }],
      enrollment: { token: 'harbour.once.secret', rules: AGENT_RULES },
    });
  }

  const holds = (object: unknown, type: string) =>
    ClusterObject.parse(object).status?.conditions?.some(
      (one) => one.type === type && one.status === 'True',
    ) ?? false;

  async function available(name: string): Promise<void> {
    await until(`${name} is available`, async () => await cluster.api.get(`${CAPI}/clusters/${name}`), {
      holds: (object) => holds(object, 'Available'),
      limitMs: 6 * MINUTE,
    });
  }

  async function ready(name: string, replicas: number): Promise<void> {
    const look = async () => await cluster.api.get(`${CAPI}/machinepools/${name}-workers`);
    await until(`${name} has ${replicas} nodes`, look, {
      holds: (object) => PoolObject.parse(object).status?.readyReplicas === replicas,
      limitMs: 6 * MINUTE,
    });
  }

  async function controlPlane(name: string) {
    return ControlPlane.parse(await cluster.api.get(`${CONTROL_PLANES}/${name}`));
  }

  async function troubleOf(name: string, code: string) {
    const look = async () => capaTrouble(await cluster.api.get(`${CONTROL_PLANES}/${name}`));
    return await until(`${name} is in trouble`, look, {
      holds: (one) => one.code === code,
      limitMs: 5 * MINUTE,
    });
  }

  async function remove(name: string): Promise<void> {
    await cluster.api.remove(`${CAPI}/clusters/${name}`);
  }

  async function gone(name: string): Promise<void> {
    const look = async () =>
      (await cluster.api.get(`${CAPI}/clusters/${name}`)) === undefined ? true : undefined;
    await until(`${name} is gone`, look, { limitMs: 8 * MINUTE });
  }

  test('an account is verified, as itself and as a role, and told what it lacks', async () => {
    const stop = new AbortController();
    const endpoint = await aws.forward(stop.signal);
    const open = (credentials: AwsKeys, settings: object) => {
      const origin = { project: 'harbour', name: ACCOUNT };
      const account = { origin, type: 'aws' as const, endpoint, credentials: { name: 'account' } };
      const given = { accessKeyId: credentials.accessKeyId, secretAccessKey: credentials.secretAccessKey };
      const input = {
        account: { ...account, settings: { region: REGION, ...settings } },
        credentials: given,
      };
      return awsDriver.open({ ...input, now: () => new Date() });
    };
    try {
      const itself = open(keys, {});
      const verified = { findings: [], capabilities: ['eks'], sessions: 1 };
      assert.deepEqual(await itself.verify(stop.signal), verified);
      const roles = { clusterRole: 'eks-cluster', nodeRole: 'none' };
      const shape = {
        placement: { vpc: network.vpc, subnets: [...network.subnets, 'subnet-none'], ...roles },
      };
      const findings = await itself.preflight([{ shape, count: 1 }], stop.signal);
      assert.deepEqual(
        findings.map(({ code, subject }) => [code, subject]),
        [
          ['NETWORK_UNKNOWN', 'subnet subnet-none'],
          ['PLACEMENT_UNKNOWN', 'role none'],
        ],
      );
      const roleArn = await makeRole(aws, 'skerry');
      assert.deepEqual(await open(keys, { roleArn }).verify(stop.signal), verified);
      const revoked = { ...keys, accessKeyId: 'AKIAREVOKEDREVOKED00' };
      await assert.rejects(open(revoked, {}).verify(stop.signal), { code: 'CREDENTIALS_REFUSED' });
    } finally {
      stop.abort();
    }
  });

  test('a cluster and its nodes are made in the tenant’s network, and its API server takes the token', async () => {
    await aws.control({ do: 'hold', work: 'create-cluster' });
    await want('site', 2);
    await until('EKS makes it', async () => (await remains(aws)).clusters?.[0], { limitMs: 3 * MINUTE });
    assert.equal(holds(await cluster.api.get(`${CAPI}/clusters/site`), 'Available'), false);
    await aws.control({ do: 'release', work: 'create-cluster' });
    await available('site');
    say('available');
    await ready('site', 2);
    say('two nodes');
    const { data } = SecretObject.parse(
      await cluster.api.get(`/api/v1/namespaces/${NAMESPACE}/secrets/site-kubeconfig`),
    );
    const { users } = Kubeconfig.parse(parse(Buffer.from(data.value ?? '', 'base64').toString()));
    const token = users[0]?.user.token ?? '';
    assert.equal(await statusWith(token), 200);
    assert.equal(await statusWith(`${token.slice(0, -4)}AAAA`), 401);
    const { securityGroups, instances } = await remains(aws);
    assert.equal(instances?.length, 2);
    assert.deepEqual(
      securityGroups?.filter((name) => !name.includes('site')),
      [],
    );
  });

  async function statusWith(token: string): Promise<number> {
    const { stdout } = await cluster.workstation.exec(
      'curl',
      [
        ...['--silent', '--insecure', '--output', '/dev/null', '--write-out', '%{http_code}'],
        ...['--config', '-', `https://${cluster.nodeAddress}:6443/api/v1/namespaces/kube-system`],
      ],
      { input: `header = "Authorization: Bearer ${token}"\n` },
    );
    return Number(stdout);
  }

  test('the agent is put into it by the kubeconfig that the provider leaves, with its token and its rights', async () => {
    // What the gateway waits for before it tries.
    const { status } = ClusterObject.parse(await cluster.api.get(`${CAPI}/clusters/site`));
    assert.equal(status?.initialization?.controlPlaneInitialized, true);
    const path = `/api/v1/namespaces/${NAMESPACE}/secrets`;
    const names = ['site-kubeconfig', 'site.enrollment'];
    const secrets = await Promise.all(
      names.map(async (name) => ({
        name,
        data: SecretObject.parse(await cluster.api.get(`${path}/${name}`)).data,
      })),
    );
    await pushAgent(cluster, { secrets, name: 'site', namespace: NAMESPACE });
    const token = SecretObject.parse(
      await cluster.api.get('/api/v1/namespaces/skerry-system/secrets/skerry-agent-token'),
    ).data.token;
    assert.equal(Buffer.from(token ?? '', 'base64').toString(), 'harbour.once.secret');
    const role = await cluster.api.get('/apis/rbac.authorization.k8s.io/v1/clusterroles/skerry-agent');
    assert.ok(JSON.stringify(role).includes('lighthouses.example'));
    const deployment = '/apis/apps/v1/namespaces/skerry-system/deployments/skerry-agent';
    assert.ok((await cluster.api.get(deployment)) !== undefined);
    await cluster.api.remove(deployment);
  });

  test('nodes are added, and throttling is only waited for', async () => {
    const code = 'ThrottlingException';
    await aws.control({
      do: 'fail',
      faults: [{ action: 'UpdateNodegroupConfig', code, status: 429, times: 2 }],
    });
    await want('site', 3);
    await ready('site', 3);
  });

  test('Kubernetes is upgraded, the control plane before the nodes', async () => {
    await want('site', 3, 'v1.35.1');
    const look = async () => (await controlPlane('site')).status?.version;
    await until('the control plane is upgraded', look, {
      holds: (version) => version.includes('1.35'),
      limitMs: 5 * MINUTE,
    });
    const name = (await controlPlane('site')).spec.eksClusterName;
    const group = z.looseObject({ nodegroup: z.looseObject({ version: z.string() }) });
    const groupVersion = async () =>
      group.parse(JSON.parse(await aws.get(`/clusters/${name}/node-groups/workers`))).nodegroup.version;
    await until('the nodes are upgraded', groupVersion, {
      holds: (version) => version === '1.35',
      limitMs: 5 * MINUTE,
    });
    // What is asked too early is refused, and asked again.
    const calls = (await aws.calls()).flatMap(({ action, status }) => (status < 300 ? [action] : []));
    assert.ok(calls.indexOf('UpdateClusterVersion') < calls.indexOf('UpdateNodegroupVersion'));
  });

  test('revoked keys touch nothing that runs, and new ones go on where it stopped', async () => {
    const since = Date.now();
    const [{ accessKeyId, secretAccessKey }] = [keys];
    await aws.control({ do: 'admit', keys: [{ accessKeyId, secretAccessKey, refusal: 'ExpiredToken' }] });
    await want('site', 4, 'v1.35.1');
    const { detail } = await troubleOf('site', 'CREDENTIALS_REFUSED');
    assert.ok(!detail.includes(secretAccessKey) && !detail.includes(accessKeyId));
    assert.equal((await remains(aws)).instances?.length, 3);
    assert.equal(holds(await cluster.api.get(`${CAPI}/clusters/site`), 'Available'), true);
    const refused = (await aws.calls()).filter(({ at, status }) => at >= since && status === 403);
    say(`${refused.length} calls refused in ${Math.round((Date.now() - since) / 1000)} s`);
    keys = await makeKeys(aws, ACCOUNT, keys);
    await giveAccount(keys);
    await engine.restartProvider();
    await ready('site', 4);
  });

  test('a limit of the account is a quota, and the cluster is made once there is room', async () => {
    const fault = { action: 'CreateCluster', code: 'ResourceLimitExceededException', status: 400 };
    await aws.control({ do: 'fail', faults: [fault] });
    await want('second', 1);
    await troubleOf('second', 'QUOTA_EXCEEDED');
    await aws.control({ do: 'fail', faults: [] });
    await available('second');
  });

  test('deleting waits for keys that are gone, and leaves nothing', async () => {
    const { accessKeyId, secretAccessKey } = keys;
    await aws.control({ do: 'admit', keys: [{ accessKeyId, secretAccessKey, refusal: 'ExpiredToken' }] });
    const before = await remains(aws);
    await remove('second');
    await remove('site');
    await troubleOf('site', 'CREDENTIALS_REFUSED');
    assert.deepEqual(await remains(aws), before);
    keys = await makeKeys(aws, ACCOUNT, keys);
    await giveAccount(keys);
    await engine.restartProvider();
    await gone('second');
    await gone('site');
    const nothing = { clusters: [], scalingGroups: [], instances: [], securityGroups: [] };
    assert.deepEqual(await remains(aws), nothing);
  });
});
