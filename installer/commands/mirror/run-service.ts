import { setTimeout as sleep } from 'node:timers/promises';
import type { RegistryWait } from '../../../content/remote/client.ts';
import type { MirrorFile } from '../../../mirror/file/mirror-file.ts';
import { runMirror } from '../../../mirror/run/run-mirror.ts';
import { healthOf } from '../../../mirror/service/health.ts';
import { openMirrorDoor } from '../../../mirror/service/mirror-door.ts';
import { MirrorMetrics } from '../../../mirror/service/mirror-metrics.ts';
import { serveMirror } from '../../../mirror/service/mirror-service.ts';
import type { Schedule } from '../../../mirror/service/schedule.ts';
import { readState, writeState } from '../../../mirror/service/state-file.ts';
import { leveledLog } from '../../../registry/server/log-level.ts';
import { jsonLog, textLog } from '../../../registry/server/request-log.ts';
import type { Console } from '../../terminal/console.ts';
import { takeRunLock } from './run-lock.ts';
import { withContext } from './with-mirror.ts';

export interface RunServiceOptions {
  /** Milliseconds. */
  readonly spread: number;
  readonly maxAge: number | undefined;
  readonly atStart: boolean;
  readonly listen: { readonly host: string; readonly port: number } | undefined;
}

export interface RunServiceInput {
  readonly file: MirrorFile;
  /** The file that remembers runs. */
  readonly state: string;
  readonly schedule: Schedule;
  readonly helm: string | undefined;
  readonly signal: AbortSignal;
}

/** Timers stand still while a machine sleeps, and don't see that its clock was set: it is looked at so often. */
const LONGEST_SLEEP_MS = 60_000;

/** Runs a mirror on a schedule until it is stopped; what it says is a log on standard output. */
export async function runService(
  { stdout, env }: Console,
  { file, state, schedule, helm, signal }: RunServiceInput,
  { spread, maxAge, atStart, listen }: RunServiceOptions,
): Promise<void> {
  const { name } = file.mirror;
  const write = (line: string) => void stdout.write(line);
  const log = leveledLog((stdout.isTTY === true ? textLog : jsonLog)(write), Date.now);
  const metrics = new MirrorMetrics({ process: true });
  const maxAgeMs = maxAge ?? 2 * schedule.longestIntervalAfter(Date.now());
  const health = async () => healthOf(await readState(state, name), Date.now(), maxAgeMs);
  const onWait = ({ host, ms }: RegistryWait) =>
    log({ message: 'a registry has asked to be left alone', host, seconds: Math.ceil(ms / 1000) });
  await using opened = new AsyncDisposableStack();
  if (listen !== undefined) {
    const door = opened.use(await openMirrorDoor(listen, metrics, health));
    log({ message: 'listening', port: door.port });
  }
  await serveMirror(
    {
      name,
      schedule,
      spreadMs: spread,
      maxAgeMs,
      atStart,
      run: (stop) => withContext(file, { env, helm, signal: stop, onWait }, (context) => runMirror(context)),
      takeLock: () => takeRunLock(state),
      state: { read: () => readState(state, name), write: (next) => writeState(state, next) },
      metrics,
      log,
      now: Date.now,
      random: Math.random,
      sleepUntil: async (time, stop) => {
        const ms = Math.min(LONGEST_SLEEP_MS, Math.max(0, time - Date.now()));
        await sleep(ms, undefined, { signal: stop });
      },
    },
    signal,
  );
  log({ message: 'stopped' });
}
