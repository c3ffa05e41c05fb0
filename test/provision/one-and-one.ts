import assert from 'node:assert/strict';
import { z } from 'zod';
import { InfrastructureState } from '../../platform/api/infrastructure.ts';
import { until } from '../fleet/until.ts';
import { listMachines } from '../machines/machine.ts';
import type { GatewaySite } from './site/gateway-site.ts';

export interface OneAndOne {
  readonly site: GatewaySite;
  /** Values of pack cloud-account, but for whose it is. */
  readonly account: Readonly<Record<string, unknown>> & { readonly type: string };
  /** What each machine is made with. */
  readonly machine: object;
  /** What the worker has besides. */
  readonly worker?: object;
  readonly placement?: object;
  /** A cache that machines ask before the registry. */
  readonly cache?: { readonly endpoint: string };
  /** Last number of the endpoint's address. */
  readonly endpoint: number;
  /** Done once the account is verified, before machines are asked for. */
  readonly onAccount?: () => Promise<void>;
  readonly say: (text: string) => void;
}

const MINUTE = 60_000;
const NAMESPACE = 'clusters-harbour';
const NAME = 'pier';
const ACCOUNT = 'cloud';
const CAPI = `/apis/cluster.x-k8s.io/v1beta2/namespaces/${NAMESPACE}`;
const OURS = `/apis/infrastructure.skerry.dev/v1alpha1/namespaces/${NAMESPACE}`;

const Account = z.looseObject({
  status: z.looseObject({ verified: z.boolean().optional(), lastError: z.unknown().optional() }).optional(),
});
const OurCluster = z.looseObject({
  status: z.looseObject({ summary: InfrastructureState.optional() }).optional(),
});
const Nodes = z.looseObject({
  items: z.array(
    z.looseObject({
      spec: z.looseObject({ providerID: z.string().optional() }),
      status: z.looseObject({ nodeRef: z.looseObject({ name: z.string() }).optional() }).optional(),
    }),
  ),
});

/** Makes a cluster of one control plane and one worker with an account of whatever cloud, by real Cluster API. */
export async function makeOneAndOne(work: OneAndOne): Promise<InfrastructureState> {
  const { site, account, cache, say } = work;
  const { api } = site.cluster;
  await site.packs.apply({
    ...{ chart: site.chart('cloud-account'), name: `account-${ACCOUNT}`, namespace: NAMESPACE },
    values: { origin: { project: 'harbour', name: ACCOUNT }, namespaces: [NAMESPACE], ...account },
  });
  const verified = async () => Account.parse(await api.get(`${OURS}/skerryaccounts/${ACCOUNT}`)).status;
  await until('the account is verified', verified, {
    ...{ holds: (status) => status?.verified === true, limitMs: 3 * MINUTE },
  });
  say('the account is verified');
  await work.onAccount?.();
  await site.packs.apply({
    ...{ chart: site.chart('machine-defaults'), name: 'machines-harbour', namespace: NAMESPACE },
    values: { nodes: { registry: { endpoint: site.registry, ...(cache && { cache }) } } },
  });
  return await wantWorkers(work, 1);
}

/** Asks for so many workers, and waits until all machines are nodes. */
export async function wantWorkers(work: OneAndOne, workers: number): Promise<InfrastructureState> {
  const { site, account, machine, worker = {}, placement, say } = work;
  const { api } = site.cluster;
  await site.packs.apply({
    ...{ chart: site.chart('machine-cluster'), name: `cluster-${NAME}`, namespace: NAMESPACE },
    values: {
      cluster: { project: 'harbour', name: NAME, id: `id-of-${NAME}` },
      account: { namespace: NAMESPACE, name: ACCOUNT, type: account.type },
      kubernetes: 'v1.34.4',
      endpoint: { host: site.cluster.nodeAddress.replace(/\d+$/, String(work.endpoint)), port: 6443 },
      network: { pods: '10.204.0.0/16', services: '10.205.0.0/16' },
      ...(placement === undefined ? {} : { placement }),
      controlPlane: { replicas: 1, machine },
      pools: [{ name: 'workers', replicas: workers, machine: { ...machine, ...worker } }],
    },
  });
  say('the cluster is asked for');
  const summary = async () =>
    OurCluster.parse(await api.get(`${OURS}/skerryclusters/${NAME}`)).status?.summary;
  const holds = ({ phase, machines }: InfrastructureState) =>
    phase === 'Provisioned' &&
    machines.length === workers + 1 &&
    machines.every((one) => one.phase === 'ready');
  let last = '';
  const told = async () => {
    const state = await summary();
    const text = state?.machines.map(({ name, phase, code = '' }) => `${name} ${phase} ${code}`).join(', ');
    if (text !== undefined && text !== last) say(text);
    last = text ?? last;
    return state;
  };
  const made = await until('all machines are nodes', told, {
    ...{ holds, limitMs: 10 * MINUTE, pauseMs: 1000 },
  });
  const { items } = Nodes.parse(await api.get(`${CAPI}/machines`));
  assert.ok(
    items.every(({ spec, status }) => status?.nodeRef !== undefined && spec.providerID !== undefined),
  );
  say('all machines are nodes of one cluster');
  return made;
}

/** Deletes it again; nothing that booted is left. */
export async function deleteOneAndOne({ site, say }: Pick<OneAndOne, 'site' | 'say'>): Promise<void> {
  const { api } = site.cluster;
  const path = `${CAPI}/clusters/${NAME}`;
  await api.remove(path);
  const gone = async () => ((await api.get(path)) === undefined ? true : undefined);
  await until('the Cluster has gone', gone, { limitMs: 6 * MINUTE, pauseMs: 500 });
  assert.equal(await api.get(`${OURS}/skerryclusters/${NAME}`), undefined);
  // A BMC is told to take the drive out after the power, and says no word of when that is done.
  const none = async () => ((await listMachines(site.machines)).length === 0 ? true : undefined);
  await until('nothing that booted is left', none);
  say('the Cluster has gone');
}
