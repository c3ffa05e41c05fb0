import assert from 'node:assert/strict';
import { z } from 'zod';
import type { Cluster, Workstation } from '../cluster/cluster.ts';
import type { StickFixture } from './stick.ts';

export interface RunOptions {
  readonly workstation?: Workstation | undefined;
  readonly kubeconfig?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Its standard input; there is none otherwise. */
  readonly input?: string | undefined;
  /** The program; the stick's own otherwise. */
  readonly program?: string | undefined;
}

/** Starts the program of the stick on a workstation of the island, as an operator does. */
export function startSkerry(
  cluster: Cluster,
  stick: Pick<StickFixture, 'folder'>,
  args: readonly string[],
  options: RunOptions = {},
) {
  const { workstation = cluster.workstation, kubeconfig = cluster.kubeconfig } = options;
  const env = { KUBECONFIG: kubeconfig, CI: 'true', ...options.env };
  return workstation.exec(options.program ?? `${stick.folder}/skerry`, args, { env, input: options.input });
}

/** Runs it to its end and expects success. */
export async function skerry(
  cluster: Cluster,
  stick: Pick<StickFixture, 'folder'>,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const result = await startSkerry(cluster, stick, args, options);
  assert.equal(result.exitCode, 0, `skerry ${args.join(' ')}\n${result.all}`);
  return result.stdout;
}

const ErrorJson = z.object({
  error: z.object({ code: z.string(), message: z.string(), subject: z.string(), remedy: z.string().min(10) }),
});

export interface Failure {
  readonly exitCode: number | undefined;
  /** All codes that were told, the deciding one last. */
  readonly codes: readonly string[];
  readonly output: string;
}

/** Runs it to its end and expects a failure with errors that have a code, a subject and a remedy. */
export async function failing(
  cluster: Cluster,
  stick: Pick<StickFixture, 'folder'>,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Failure> {
  const result = await startSkerry(cluster, stick, [...args, '--output', 'json'], options);
  const errors = result.stderr.split('\n').flatMap((line) => {
    const parsed = ErrorJson.safeParse(tryJson(line));
    return parsed.success ? [parsed.data.error] : [];
  });
  return { exitCode: result.exitCode, codes: errors.map(({ code }) => code), output: result.all };
}

/** Starts it, ends it as a power cut would when `when` says so of a line that it told, and waits until it is gone. */
export async function killed(
  cluster: Cluster,
  stick: Pick<StickFixture, 'folder'>,
  args: readonly string[],
  when: { line: (text: string) => boolean } | { afterMs: number },
): Promise<{ finished: boolean; output: string }> {
  const child = startSkerry(cluster, stick, args);
  const kill = () => child.pid !== undefined && process.kill(child.pid, 'SIGKILL');
  const timer = 'afterMs' in when ? setTimeout(kill, when.afterMs) : undefined;
  if ('line' in when) {
    let seen = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      const lines = (seen + chunk.toString()).split('\n');
      seen = lines.pop() ?? '';
      if (lines.some(when.line)) kill();
    });
  }
  const result = await child;
  clearTimeout(timer);
  return { finished: result.exitCode === 0, output: result.all };
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
