import type { Writable } from 'node:stream';
import { connectCluster } from '../../apply/client/kube.ts';
import { whenReached } from '../../apply/client/when-reached.ts';
import { systemClock } from '../../apply/clock.ts';
import { takeLease } from '../../apply/lease.ts';
import { AgentLog } from '../agent/log.ts';
import { serveProbes } from '../agent/probe-server.ts';
import { runControllers } from './controllers/run-controllers.ts';
import { infraError } from './errors.ts';
import type { InfraOptions } from './options.ts';

export interface InfraContext {
  /** Stops the controllers. */
  readonly signal: AbortSignal;
  /** Gets the log, a JSON object a line. */
  readonly stdout: Pick<Writable, 'write'>;
  readonly now: () => Date;
}

const FIELD_MANAGER = 'skerry-infra';
const LEASE = 'skerry-infra';

/**
 * Runs the gateway's controllers until `signal` is aborted; one of several does the work. Throws KUBECONFIG_INVALID, the
 * CLUSTER_ codes where its cluster stays away for ten minutes from the start, and INFRA_LEASE_LOST: what was under way is
 * gone on with by the next.
 */
export async function runInfra(options: InfraOptions, context: InfraContext): Promise<void> {
  const { namespace, identity, maxConcurrent } = options;
  const log = new AgentLog(context.stdout, options.logLevel, context.now);
  const client = await connectCluster({ path: options.kubeconfig }, { fieldManager: FIELD_MANAGER });
  // Ready while it waits: another one works as long, and a rollout must not wait for the Lease.
  const probes = await serveProbes(options.probePort, () => true);
  try {
    const lost = (holder: string, detail?: string) =>
      infraError('INFRA_LEASE_LOST', { subject: `Lease ${namespace}/${LEASE}`, detail: detail ?? holder });
    const take = async () =>
      await takeLease(client, {
        ...{ name: LEASE, namespace, identity, signal: context.signal },
        labels: { 'app.kubernetes.io/part-of': 'skerry' },
        isGone: () => false,
        waitMs: Number.MAX_SAFE_INTEGER,
        onWait: (holder) => log.info({ holder }, 'other controllers work in this cluster; these wait'),
        errorOf: lost,
      });
    const onAway = (error: unknown) => log.error(error, 'the cluster is away; this waits until it is back');
    const lease = await whenReached(take, { signal: context.signal, onAway });
    const { signal } = lease;
    const clock = systemClock;
    try {
      log.info({ namespace }, 'the controllers work');
      await runControllers({ client, namespace, maxConcurrent, clock, now: context.now, log, signal });
    } finally {
      await lease.release();
    }
    if (!context.signal.aborted) throw lost('', 'the Lease was lost');
  } finally {
    await probes.close();
  }
}
