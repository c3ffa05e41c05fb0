import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { setInterval as every } from 'node:timers/promises';
import { benchError } from './errors.ts';
import { endedChildrenSeconds, lookAtTree } from './process-tree.ts';

/** What one run took. Bytes and seconds. */
export interface Measurement {
  readonly seconds: number;
  /** Processor time of the program and all that it started. */
  readonly cpuSeconds: number;
  /** Peak of the resident memory of the largest process. */
  readonly peakBytes: number;
  /** Peak of all processes that ran at a time; pages that they share count for each. */
  readonly togetherBytes: number;
  /** What the processes themselves have written to disks. */
  readonly writtenBytes: number;
  /** Peak of the registry that took part, where it was there for this run alone. */
  readonly registryPeakBytes?: number | undefined;
}

export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  /** Home and temporary folder of the run; made before it and removed after it. */
  readonly scratch: string;
  readonly signal: AbortSignal;
  /** How often its memory is looked at. */
  readonly sampleMs?: number | undefined;
}

const SAMPLE_MS = 20;
/** No single run takes so long unless something hangs. */
const TIMEOUT_MS = 600_000;
const MAX_OUTPUT = 64 * 1024;

/** Runs a program to its end and watches it. Throws BENCH_RUN_FAILED. */
export async function measure({
  file,
  args,
  scratch,
  signal,
  sampleMs = SAMPLE_MS,
}: Program): Promise<Measurement> {
  await mkdir(scratch, { recursive: true });
  const cpuBefore = endedChildrenSeconds();
  const started = performance.now();
  const child = spawn(file, args, {
    cwd: scratch,
    env: { PATH: process.env.PATH, HOME: scratch, TMPDIR: scratch, LANG: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    killSignal: 'SIGKILL',
  });
  let said = '';
  const hear = (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-MAX_OUTPUT);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const ended = new AbortController();
  const watching = watch(child.pid ?? 0, sampleMs, ended.signal);
  try {
    const [code] = await once(child, 'close');
    const seconds = (performance.now() - started) / 1000;
    if (code !== 0)
      throw benchError('BENCH_RUN_FAILED', { subject: [file, ...args].join(' '), detail: said });
    ended.abort();
    return { seconds, cpuSeconds: endedChildrenSeconds() - cpuBefore, ...(await watching) };
  } finally {
    ended.abort();
    await watching;
    await rm(scratch, { recursive: true, force: true });
  }
}

// VmHWM and write_bytes only grow, so a sample shortly before the end is nearly exact.
async function watch(pid: number, sampleMs: number, ended: AbortSignal) {
  let together = 0;
  let peakBytes = 0;
  let writtenBytes = 0;
  try {
    for await (const _ of every(sampleMs, undefined, { signal: ended })) {
      const use = lookAtTree(pid);
      together = Math.max(together, use.resident);
      peakBytes = Math.max(peakBytes, ...use.peaks);
      writtenBytes = Math.max(writtenBytes, use.written);
    }
  } catch (error) {
    if (!ended.aborted) throw error;
  }
  return { peakBytes, togetherBytes: Math.max(together, peakBytes), writtenBytes };
}
