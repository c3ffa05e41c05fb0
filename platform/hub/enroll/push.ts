import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { KubeClient } from '../../../apply/client/client.ts';
import { inlineKubeconfig } from '../../../apply/client/inline-kubeconfig.ts';
import { createKubeClient } from '../../../apply/client/kube.ts';
import { createTransport } from '../../../apply/client/transport.ts';
import type { Clock } from '../../../apply/clock.ts';
import { textAt } from '../../../apply/json.ts';
import { isSkerryError, type SkerryError } from '../../../content/error.ts';
import { KeyFingerprint, SecretKey } from '../../api/names.ts';
import type { HubDoor } from '../../desired/envelope.ts';
import { platformError } from '../../errors.ts';
import { withCondition } from '../controller/conditions.ts';
import { updateStatus } from '../controller/update-status.ts';
import { WorkQueue } from '../controller/work-queue.ts';
import type { ClusterName } from '../door/ports.ts';
import { refusalOf } from '../lent-secret.ts';
import { nameOfKey, StoredCluster } from '../watched/stored.ts';
import type { WatchedCluster } from '../watched/watched-cluster.ts';
import type { WatchedKind } from '../watched/watched-kind.ts';
import { type AgentSettingOptions, agentSetting } from './agent-setting.ts';
import { type MadeEnrollment, type MakeEnrollmentOptions, makeEnrollment } from './make-enrollment.ts';
import { INSTALLED, type Installed, objectsToPush, otherCluster, otherHub } from './push-plan.ts';
import { clusterReference } from './stored.ts';

export interface PushOptions extends MakeEnrollmentOptions, AgentSettingOptions {
  readonly client: KubeClient;
  readonly clusters: Pick<WatchedKind<WatchedCluster>, 'subscribe'>;
  /** A client for the cluster of a kubeconfig that a project has; that of this machine's network when absent. */
  readonly connect?: ((kubeconfig: string, subject: string) => Pick<KubeClient, 'get' | 'apply'>) | undefined;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** What matters here of a Cluster. */
const Pushed = z.object({
  metadata: z.object({ generation: z.int().optional(), deletionTimestamp: z.string().optional() }),
  spec: z.object({
    kubeconfig: SecretKey.optional(),
    agent: z.object({ key: KeyFingerprint.optional() }).optional(),
  }),
  status: z.object({ id: z.string().optional() }).optional(),
});
type Pushed = z.infer<typeof Pushed>;
type SecretPlace = z.infer<typeof SecretKey>;

const CONDITION = 'AgentInstalled';
const FIELD_MANAGER = 'skerry-hub';
/** Clusters that do not answer take their time, and others should not wait for them. */
const AT_ONCE = 16;
const CHECK_MS = 600_000;
const FAILED_MS = 60_000;
const TOKEN_SECONDS = 3_600;
/** A token that is about to end is not given out. */
const TOKEN_MARGIN_MS = 600_000;

/**
 * Puts the agent into every cluster that a kubeconfig is named for, and looks now and then that it is there; what came
 * of it is the condition AgentInstalled. One hub of several does it. Ends when the signal is aborted.
 */
export async function pushAgents(options: PushOptions): Promise<void> {
  const { clusters, clock, onError, signal } = options;
  const tokens: Tokens = new Map();
  const queue = new WorkQueue({
    clock,
    atOnce: AT_ONCE,
    work: async (key, stop) => await pushAgent({ ...options, signal: stop }, tokens, nameOf(key)),
    onError: (_key, error) => onError(error),
  });
  const end = clusters.subscribe((key, before, now) => {
    if (now === undefined) tokens.delete(key);
    else if (isOther(before?.stored, now.stored)) queue.add(key);
  });
  try {
    await queue.run(signal);
  } finally {
    end();
  }
}

/** Whether a cluster is to be looked at: it names a kubeconfig, and something has changed of what matters here. */
function isOther(before: StoredCluster | undefined, now: StoredCluster | undefined): boolean {
  if (now?.spec.kubeconfig === undefined) return false;
  const matters = (cluster: StoredCluster | undefined) => Pushed.safeParse(cluster).data;
  return !isDeepStrictEqual(matters(before), matters(now));
}

/** Tokens that were made and may still be good, by cluster: a try that failed makes no second one. */
type Tokens = Map<string, MadeEnrollment>;

/** Brings the agent's objects into one cluster, as often as it is called. */
export async function pushAgent(
  options: PushOptions,
  tokens: Tokens,
  name: ClusterName,
): Promise<{ againMs?: number }> {
  const { client, signal } = options;
  const reference = clusterReference(name.project, name.name);
  const cluster = Pushed.safeParse(await client.get(reference, { signal })).data;
  if (cluster?.spec.kubeconfig === undefined || cluster.metadata.deletionTimestamp !== undefined) return {};
  try {
    await install(options, tokens, name, cluster, cluster.spec.kubeconfig);
    await say(options, name, { status: 'True', reason: 'Installed', message: '' });
    return { againMs: CHECK_MS };
  } catch (error) {
    if (!isSkerryError(error) || signal.aborted) throw error;
    await say(options, name, { status: 'False', reason: error.code, message: textOf(error) });
    return { againMs: FAILED_MS };
  }
}

async function install(
  options: PushOptions,
  tokens: Tokens,
  name: ClusterName,
  cluster: Pushed,
  from: SecretPlace,
): Promise<void> {
  const { connect = connectInline, signal } = options;
  const subject = `Secret ${name.project}/${from.name}, key ${from.key}`;
  const target = connect(await readKubeconfig(options, name.project, from, subject), subject);
  const found = async (reference: (typeof INSTALLED)[keyof typeof INSTALLED]) =>
    await target.get(reference, { signal });
  const [hub, deployment, registry, system] = await Promise.all([
    found(INSTALLED.hub),
    found(INSTALLED.deployment),
    found(INSTALLED.registry),
    found(INSTALLED.system),
  ]);
  const installed = { hub, deployment, registry };
  const id = cluster.status?.id;
  const isOurs = id !== undefined && id === system?.metadata.uid;
  checkOwner(installed, name, isOurs ? undefined : options.door());
  // Once there was an agent, none gets in by itself again: its key may have been revoked.
  const isNew = cluster.spec.agent?.key === undefined && cluster.status?.id === undefined;
  const token = isNew ? await tokenFor(options, tokens, name) : undefined;
  const setting = await agentSetting(options, name, token, signal);
  for (const object of objectsToPush(setting, installed)) await target.apply(object, { force: true, signal });
}

/** Throws AGENT_OF_ANOTHER_CLUSTER, AGENT_OF_ANOTHER_HUB; nothing has been changed by then. `door` where it may be another hub's. */
function checkOwner(installed: Installed, name: ClusterName, door: HubDoor | undefined): void {
  const subject = `${name.project}/${name.name}`;
  const other = otherCluster(installed, name);
  if (other !== undefined) throw platformError('AGENT_OF_ANOTHER_CLUSTER', { subject, detail: other });
  const detail = door === undefined ? undefined : otherHub(installed, door);
  if (detail !== undefined) throw platformError('AGENT_OF_ANOTHER_HUB', { subject, detail });
}

async function readKubeconfig(
  { client, signal }: PushOptions,
  project: string,
  { name, key }: SecretPlace,
  subject: string,
): Promise<string> {
  const reference = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: project, name } };
  const secret = await client.get(reference, { signal });
  const data = textAt(secret, 'data', key);
  if (secret === undefined || data === undefined) throw platformError('SECRET_MISSING', { subject });
  const refused = refusalOf(secret, { purpose: 'kubeconfig' });
  if (refused !== undefined) throw platformError('SECRET_NOT_LENT', { subject, detail: refused });
  return Buffer.from(data, 'base64').toString();
}

function connectInline(kubeconfig: string, subject: string): Pick<KubeClient, 'get' | 'apply'> {
  const transport = createTransport(inlineKubeconfig(kubeconfig, subject), { attempts: 2 });
  return createKubeClient(transport, { fieldManager: FIELD_MANAGER });
}

async function tokenFor(options: PushOptions, tokens: Tokens, name: ClusterName): Promise<string> {
  const key = `${name.project}/${name.name}`;
  const known = tokens.get(key);
  if (known !== undefined && Date.parse(known.expiresAt) - options.now().getTime() > TOKEN_MARGIN_MS)
    return known.token;
  const wanted = { ...name, ttlSeconds: TOKEN_SECONDS, autoAccept: true };
  const made = await makeEnrollment(options, wanted, options.signal);
  tokens.set(key, made);
  return made.token;
}

async function say(
  { client, now, signal }: PushOptions,
  { project, name }: ClusterName,
  condition: { status: 'True' | 'False'; reason: string; message: string },
): Promise<void> {
  const set = (object: unknown) => {
    const { conditions, phase = 'Pending' } = StoredCluster.parse(object).status;
    return { phase, conditions: withCondition(conditions, { type: CONDITION, ...condition }, now()) };
  };
  await updateStatus(client, clusterReference(project, name), set, signal);
}

function textOf({ subject, detail }: SkerryError): string {
  return detail === undefined ? subject : `${subject}: ${detail}`;
}

function nameOf(key: string): ClusterName {
  const { namespace, name } = nameOfKey(key);
  return { project: namespace, name };
}
