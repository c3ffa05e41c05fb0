import type { KubeClient } from '../../../apply/client/client.ts';
import { type Clock, systemClock } from '../../../apply/clock.ts';
import type { HealthRule } from '../../../apply/health/health-rule.ts';
import type { Helm } from '../../../apply/helm/helm.ts';
import { readComponents } from '../../../apply/release/state.ts';
import type { Gate } from '../../../bundle/component-gate.ts';
import { installerError } from '../../errors.ts';
import { gateProblem } from './gate-check.ts';
import { runJobFrom } from './job-from-cron-job.ts';

export interface GateInput {
  readonly client: KubeClient;
  readonly helm: Helm;
  readonly component: {
    readonly name: string;
    readonly namespace: string;
    readonly health?: readonly HealthRule[] | undefined;
  };
  readonly gate: Gate;
  /** Of the installation. */
  readonly id: string;
  /** How long the checks may take to pass for the first time, each Job too; in milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
  readonly clock?: Clock | undefined;
}

const POLL_MS = 2000;
/** A look that fails during the soak is no verdict yet: a watch that broke or a leader that changed passes. */
const STRIKES = 3;

/**
 * Waits until everything that a release asks of a component passes, and goes on passing for as long as it says. The
 * component is healthy by then. Throws GATE_FAILED.
 */
export async function passGate(input: GateInput): Promise<void> {
  const { gate, onProgress, clock = systemClock, timeoutMs } = input;
  const deadline = clock.now() + timeoutMs;
  for (let problem = await problemNow(input); problem !== undefined; problem = await problemNow(input)) {
    if (clock.now() >= deadline) throw gateFailed(input, problem);
    onProgress(problem);
    await clock.sleep(POLL_MS, input.signal);
  }
  for (const [index, { job }] of gate.checks.entries())
    if (job !== undefined) await runJob(input, job, index);
  await soak(input);
}

async function soak(input: GateInput): Promise<void> {
  const { gate, onProgress, clock = systemClock, signal } = input;
  const end = clock.now() + gate.soakSeconds * 1000;
  for (let strikes = 0; clock.now() < end; ) {
    onProgress(`watched for ${Math.ceil((end - clock.now()) / 1000)} s more`);
    await clock.sleep(Math.min(POLL_MS, Math.max(1, end - clock.now())), signal);
    const problem = (await healthProblem(input)) ?? (await problemNow(input));
    strikes = problem === undefined ? 0 : strikes + 1;
    if (problem !== undefined && strikes >= STRIKES) throw gateFailed(input, problem);
  }
}

async function problemNow({ client, component, gate, signal }: GateInput): Promise<string | undefined> {
  for (const check of gate.checks) {
    const problem = await gateProblem({ client, namespace: component.namespace, signal }, check);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

async function healthProblem({ client, helm, component, signal }: GateInput): Promise<string | undefined> {
  const [state] = await readComponents({ client, helm, signal }, [component]);
  return state?.healthy === false ? state.problems[0] : undefined;
}

async function runJob(input: GateInput, cronJob: string, index: number): Promise<void> {
  const { client, component, id, timeoutMs, signal, onProgress } = input;
  onProgress(`Job from ${cronJob}`);
  await runJobFrom({
    ...{ client, id, timeoutMs, signal, cronJob },
    namespace: component.namespace,
    name: `skerry-gate-${component.name}-${index}`,
    failed: (detail) => gateFailed(input, detail),
  });
}

function gateFailed({ component: { name } }: GateInput, detail: string) {
  return installerError('GATE_FAILED', { subject: `component ${name}`, detail });
}
