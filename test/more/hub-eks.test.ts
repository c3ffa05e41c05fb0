import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { stringify } from 'yaml';
import { z } from 'zod';
import { CloudAccount, CloudAccountStatus } from '../../platform/api/cloud-account.ts';
import type { ClusterStatus } from '../../platform/api/cluster.ts';
import type { AwsKeys } from '../../platform/infra/provider/aws/signature.ts';
import { ensureHost } from '../cluster/host.ts';
import { type EksSite, GATEWAY, PROJECT_NAME, startEksSite } from '../eks/hub-site.ts';
import { makeRole, makeUser, makeVpc, remains } from '../eks/tenant.ts';
import { AgentIn } from '../fleet/agent-in.ts';
import { Managed, pathOf } from '../fleet/managed.ts';
import { profileObject } from '../fleet/profile-object.ts';
import { type Step, watchSteps } from '../provision/made/timeline.ts';

const MINUTE = 60_000;
const NAME = 'site';
const PROFILE = { name: 'base', version: '1.0.0', packs: [{ name: 'podinfo', version: '1.0.0' }] };
const OPERATORS = 'arn:aws:iam::123456789012:role/operators';
/** An account whose work is done as a role, and one whose own keys do it. */
const BY_ROLE = 'tenant';
const BY_KEYS = 'plain';

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
  let failed = false;
  const keys: Record<string, AwsKeys> = {};
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
    if (site !== undefined && failed) await tell();
    await site?.stop();
    say('the end');
  });

  /** As `it`, each after the one before; none goes on where one has failed, and what the controllers said is printed. */
  const step = (title: string, run: () => Promise<void>) =>
    it(title, async (context) => {
      if (failed) return context.skip('an earlier step has failed');
      failed = true;
      await run();
      failed = false;
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

  step('what the account lacks is told before anything is made', async () => {
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
});
