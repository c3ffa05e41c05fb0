import { ensurePrograms, programCache } from '../../cluster/builds/programs.ts';
import { ensureHost } from '../../cluster/host.ts';
import type { Progress } from '../../cluster/processes/progress.ts';
import { type Crowd, makeCrowd } from '../../infra/crowd.ts';
import { envelopeCost } from './envelope-cost.ts';
import type { ProvisionResult } from './provision-report.ts';

export interface ProvisionBenchOptions {
  /** Without the run for which memory is promised. */
  readonly quick: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: Progress;
}

const CLUSTERS = 20;
const MACHINES = 3;
/** Of each cluster, so that there are 500. */
const MANY_MACHINES = 25;
/** What was asked for. */
const ASKED = { calls: 12, sessions: 1, megabytes: 120, envelopeKilobytes: 44 };

/**
 * Measures how clusters are made at a vCenter (VMware's simulator) whose machines do not boot: what `skerry infra` costs the
 * vCenter and the gateway, and what a made cluster costs the hub.
 */
export async function runProvisionBench({
  quick,
  signal,
  onProgress,
}: ProvisionBenchOptions): Promise<ProvisionResult> {
  await ensureHost({ install: true, groups: ['build'], onProgress, signal });
  await ensurePrograms(['vcsim'], { cache: programCache(process.env), onProgress, signal });
  onProgress(`${CLUSTERS} clusters of ${MACHINES} machines at once`);
  const crowd = await makeCrowd(CLUSTERS, MACHINES);
  signal.throwIfAborted();
  const many = quick ? undefined : await largeCrowd(onProgress);
  const cost = envelopeCost(CLUSTERS);
  const total = [...crowd.calls.values()].reduce((sum, count) => sum + count, 0);
  const figures = [
    { what: `${crowd.machines} machines run after`, asked: undefined, seen: crowd.seconds, unit: 's' },
    { what: 'errors', asked: 0, seen: crowd.errors.length, unit: '' },
    { what: 'machines that are missing', asked: 0, seen: crowd.machines - crowd.running, unit: '' },
    { what: 'calls for a machine', asked: ASKED.calls, seen: total / crowd.machines, unit: '' },
    { what: 'sessions at once', asked: ASKED.sessions, seen: crowd.sessions.working, unit: '' },
    { what: 'sessions that are left', asked: 0, seen: crowd.sessions.ended, unit: '' },
    { what: `memory with ${crowd.machines} machines`, asked: undefined, seen: crowd.bytes / 1e6, unit: 'MB' },
    ...(many === undefined ? [] : largeFigures(many)),
    {
      what: `desired state of a gateway with ${CLUSTERS} clusters`,
      asked: ASKED.envelopeKilobytes,
      seen: cost.bytes / 1024,
      unit: 'KiB',
    },
    { what: 'of it, for a cluster', asked: undefined, seen: cost.bytes / 1024 / CLUSTERS, unit: 'KiB' },
    { what: 'planning it at the hub', asked: undefined, seen: cost.milliseconds, unit: 'ms' },
  ];
  const calls = [...crowd.calls]
    .toSorted((a, b) => b[1] - a[1])
    .map(([method, count]) => ({ method, each: count / crowd.machines }));
  return { figures, calls };
}

async function largeCrowd(onProgress: Progress): Promise<Crowd> {
  onProgress(`${CLUSTERS} clusters of ${MANY_MACHINES} machines at once`);
  return await makeCrowd(CLUSTERS, MANY_MACHINES);
}

function largeFigures({ machines, seconds, bytes, errors }: Crowd) {
  return [
    { what: `${machines} machines run after`, asked: undefined, seen: seconds, unit: 's' },
    { what: `errors with ${machines}`, asked: 0, seen: errors.length, unit: '' },
    { what: `memory with ${machines} machines`, asked: ASKED.megabytes, seen: bytes / 1e6, unit: 'MB' },
  ];
}
