import { createPublicKey, X509Certificate } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { z } from 'zod';
import type { KubeClient } from '../../apply/client/client.ts';
import { connectCluster } from '../../apply/client/kube.ts';
import { whenReached } from '../../apply/client/when-reached.ts';
import { systemClock } from '../../apply/clock.ts';
import { createHelm } from '../../apply/helm/helm.ts';
import { type Lease, takeLease } from '../../apply/lease.ts';
import { hasCode } from '../../content/bytes/blob-file.ts';
import { isSkerryError, messageOf } from '../../content/error.ts';
import { tryJson } from '../../content/json.ts';
import { AGENT_NAME } from '../desired/agent-names.ts';
import { sign } from '../desired/dsse.ts';
import type { ClusterIdentity } from '../desired/envelope.ts';
import { unseal } from '../desired/seal.ts';
import { platformError } from '../errors.ts';
import { Agent } from './agent.ts';
import { startCarry } from './carry/start-carry.ts';
import { watchDrift } from './drift/watch-drift.ts';
import { acceptEnvelope } from './exchange/accept.ts';
import { hubKeys, type Known } from './exchange/doors.ts';
import { runExchange } from './exchange/exchange.ts';
import type { OfferAnswer } from './exchange/holder.ts';
import { IdentitySecret } from './identity/identity-secret.ts';
import { layerEngine } from './layers/layer-engine.ts';
import { oneAtATime } from './layers/one-at-a-time.ts';
import { AgentLog } from './log.ts';
import type { AgentOptions } from './options.ts';
import { serveProbes } from './probe-server.ts';
import { takeBackSelf, upgradeSelf } from './self-upgrade.ts';
import { AgentHolder } from './state/agent-holder.ts';

export interface AgentContext {
  /** Stops the agent. */
  readonly signal: AbortSignal;
  /** Gets the log, a JSON object a line. */
  readonly stdout: Pick<Writable, 'write'>;
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => Date;
  /** Between 0 and 1. */
  readonly random: () => number;
}

const FIELD_MANAGER = 'skerry-agent';
/** An agent that has worked for so long is not taken back any more when it ends again and again. */
const PROVEN_MS = 120_000;

/**
 * Runs the agent until `signal` is aborted. Throws AGENT_OPTION_INVALID, AGENT_STATE_INVALID, AGENT_ALREADY_RUNS,
 * KUBECONFIG_INVALID, and the CLUSTER_ codes where its cluster stays away for ten minutes from the start.
 */
export async function runAgent(options: AgentOptions, context: AgentContext): Promise<void> {
  const log = new AgentLog(context.stdout, options.logLevel, context.now);
  const installed = await readHub(options.hub);
  const { namespace } = options;
  const client = await connectCluster({ path: options.kubeconfig }, { fieldManager: FIELD_MANAGER });
  const onAway = (error: unknown) => log.error(error, 'the cluster is away; this waits until it is back');
  const reaching = { signal: context.signal, onAway };
  let isReady = false;
  const probes = await serveProbes(options.probePort, () => isReady);
  try {
    const id = await whenReached(async () => await clusterId(client, context.signal), reaching);
    await takeBack(client, namespace, context, log);
    // Ready before the Lease: an agent of another version holds it until this one is there to take over.
    isReady = true;
    const lease = await whenReached(
      async () => await awaitTurn(client, options, context.signal, log),
      reaching,
    );
    const signal = AbortSignal.any([context.signal, lease.signal]);
    try {
      await work({ options, context, client, log, id, installed, signal });
    } finally {
      await lease.release();
    }
    if (!context.signal.aborted) throw alreadyRuns(options, 'the Lease was lost');
  } finally {
    await probes.close();
  }
}

interface Work {
  readonly options: AgentOptions;
  readonly context: AgentContext;
  readonly client: KubeClient;
  readonly log: AgentLog;
  readonly id: string;
  readonly installed: Known | undefined;
  readonly signal: AbortSignal;
}

async function work({ options, context, client, log, id, installed, signal: outer }: Work): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([outer, failed.signal]);
  const { namespace, version } = options;
  const { now, random, env } = context;
  const clock = systemClock;
  const began = clock.now();
  const identity = await IdentitySecret.open({ client, namespace, signal });
  const self = (): ClusterIdentity => ({
    project: identity.current.enrolled?.project ?? '',
    name: identity.current.enrolled?.cluster ?? '',
    id,
  });
  const holder = await AgentHolder.open({
    ...{ client, namespace, signal, now },
    decide: (signed, held) =>
      answerOf(() => {
        const keys = hubKeys(held?.signed, identity.current.enrolled?.hub.keys ?? installed?.keys ?? []).map(
          createPublicKey,
        );
        acceptEnvelope(signed, { keys, cluster: self(), held });
      }),
  });
  const signed = (type: string, bytes: Uint8Array) =>
    sign(type, bytes, identity.current.privateKey, identity.current.key);
  let agent: Agent | undefined;
  const drift = watchDrift({
    ...{ client, clock, now, signal },
    layers: [],
    onChange: (items) => agent?.drifted(items),
  });
  await mkdir(options.scratch, { recursive: true, mode: 0o700 });
  const home = join(options.scratch, 'helm');
  const helm = createHelm({ program: options.helm, home, environment: env, kubeconfig: options.kubeconfig });
  const engine = layerEngine({
    ...{ client, namespace },
    helm: oneAtATime(helm),
    scratch: join(options.scratch, 'layers'),
    unseal: async (jwe) => await unseal(jwe, identity.current.sealing.privateJwk),
  });
  agent = new Agent({
    ...{ client, namespace, engine, holder, drift, version, clock, now, log, signal },
    cluster: self,
    sign: signed,
    certificate: () => certificateEnd(identity.current.certificate),
    upgrade: async ({ envelope }) => {
      const isProven = clock.now() - began >= PROVEN_MS;
      await upgradeSelf({ client, namespace, version, isProven, signal }, envelope.agent);
    },
  });
  identity.onChange(() => agent.identified());
  const exchange = runExchange({
    ...{ holder, identity, id, installed, signal, log, random, clock },
    agentVersion: version,
    today: now,
    token: async () => await readToken(options.token),
  });
  const carry = startCarry({
    ...{ client, namespace, holder, identity, id, signal, clock, now, log },
    agentVersion: version,
    installedKeys: installed?.keys ?? [],
    token: async () => await readToken(options.token),
  });
  await together([agent.run(), exchange, carry, drift.closed], failed);
}

// The next holder gets the Lease when all of this one has ended, Helm too, and not when its first part has.
async function together(parts: readonly Promise<void>[], failed: AbortController): Promise<void> {
  for (const part of parts) part.catch((error: unknown) => failed.abort(error));
  const ended = await Promise.allSettled(parts);
  for (const end of ended) if (end.status === 'rejected') throw end.reason;
}

// An agent that cannot look at itself has its work to do all the same.
async function takeBack(
  client: KubeClient,
  namespace: string,
  { env, signal }: AgentContext,
  log: AgentLog,
): Promise<void> {
  try {
    if (await takeBackSelf({ client, namespace, pod: env.POD_NAME, signal }))
      log.warn({}, 'this agent has ended again and again; the one before is put back');
  } catch (error) {
    signal.throwIfAborted();
    log.error(error, 'whether this agent has ended before cannot be seen');
  }
}

async function clusterId(client: KubeClient, signal: AbortSignal): Promise<string> {
  const system = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } };
  return (await client.get(system, { signal }))?.metadata.uid ?? '';
}

// However long it takes: the other one may be the agent before this one, which works until it is stopped.
async function awaitTurn(
  client: KubeClient,
  options: AgentOptions,
  signal: AbortSignal,
  log: AgentLog,
): Promise<Lease> {
  return await takeLease(client, {
    name: AGENT_NAME,
    namespace: options.namespace,
    labels: { 'app.kubernetes.io/part-of': 'skerry' },
    identity: options.identity,
    signal,
    isGone: () => false,
    waitMs: Number.MAX_SAFE_INTEGER,
    onWait: (holder) => log.info({ holder }, 'another agent works in this cluster; this one waits'),
    errorOf: (holder, detail) =>
      alreadyRuns(options, `${holder}${detail === undefined ? '' : `: ${detail}`}`),
  });
}

function alreadyRuns({ namespace }: AgentOptions, detail: string) {
  return platformError('AGENT_ALREADY_RUNS', { subject: `Lease ${namespace}/${AGENT_NAME}`, detail });
}

function answerOf(check: () => void): OfferAnswer {
  try {
    check();
    return { accepted: true };
  } catch (error) {
    if (!isSkerryError(error)) throw error;
    return { accepted: false, code: error.code, detail: error.detail };
  }
}

function certificateEnd(certificate: string | undefined): string | undefined {
  if (certificate === undefined) return undefined;
  return new Date(new X509Certificate(certificate).validTo).toISOString();
}

const HubFile = z.object({
  urls: z.array(z.string()),
  authorities: z.array(z.string()),
  keys: z.array(z.string()).optional(),
});

async function readHub(path: string | undefined): Promise<Known | undefined> {
  if (path === undefined) return undefined;
  const invalid = (detail: string) =>
    platformError('AGENT_OPTION_INVALID', { subject: `--hub ${path}`, detail });
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw invalid(messageOf(cause));
  });
  const hub = HubFile.safeParse(tryJson(text));
  if (!hub.success) throw invalid(z.prettifyError(hub.error));
  return hub.data;
}

async function readToken(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return (await readFile(path, 'utf8')).trim() || undefined;
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw platformError('AGENT_OPTION_INVALID', {
      subject: `--token ${path}`,
      detail: messageOf(cause),
      cause,
    });
  }
}
