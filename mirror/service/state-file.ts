import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { hasCode, replaceFile } from '../../content/bytes/blob-file.ts';
import { messageOf } from '../../content/error.ts';
import { tryJson } from '../../content/json.ts';
import { mirrorError } from '../errors.ts';

const Time = z.iso.datetime();
const JobSummary = z.object({
  job: z.string(),
  items: z.int(),
  done: z.int(),
  skipped: z.int(),
  failed: z.int(),
  deleted: z.int(),
  backups: z.int(),
  bytesCopied: z.int(),
  error: z.string().optional(),
});
const Run = z.object({
  started: Time,
  ended: Time,
  /** The code of what went wrong; absent when all went well. */
  code: z.string().optional(),
  message: z.string().optional(),
  failures: z.array(z.string()).max(100),
  jobs: z.array(JobSummary),
});
export type RunSummary = z.infer<typeof Run>;

const State = z.object({
  format: z.literal('skerry-mirror-state-v1'),
  mirror: z.string(),
  /** The newest first. */
  runs: z.array(Run).max(100),
  lastGood: Time.optional(),
  /** When a run began that has not ended, unless its process did. */
  running: Time.optional(),
  next: Time.optional(),
  schedule: z.string().optional(),
});
/** What is remembered of the runs of a mirror from one process to the next. */
export type MirrorState = z.infer<typeof State>;

const MAX_RUNS = 20;

/** The state in a file; an empty one where there is none. Throws MIRROR_STATE_INVALID. */
export async function readState(path: string, mirror: string): Promise<MirrorState> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw mirrorError('MIRROR_STATE_INVALID', { subject: path, detail: messageOf(cause), cause });
  });
  if (text === undefined) return { format: 'skerry-mirror-state-v1', mirror, runs: [] };
  const state = State.safeParse(tryJson(text));
  if (state.success) return state.data;
  throw mirrorError('MIRROR_STATE_INVALID', { subject: path });
}

export async function writeState(path: string, state: MirrorState): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await replaceFile(path, `${JSON.stringify(state, null, 2)}\n`);
}

/** The state once a run has ended. */
export function withRun({ running: _, ...state }: MirrorState, run: RunSummary): MirrorState {
  return {
    ...state,
    runs: [run, ...state.runs].slice(0, MAX_RUNS),
    ...(run.code === undefined ? { lastGood: run.ended } : {}),
  };
}

/** Where the state of a mirror is kept when nobody says otherwise (XDG Base Directory Specification). */
export function stateFileOf(mirror: string, env: NodeJS.ProcessEnv): string {
  const base = env.XDG_STATE_HOME || join(env.HOME || '.', '.local/state');
  return join(base, 'skerry/mirror', `${mirror}.json`);
}
