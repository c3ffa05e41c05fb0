import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { applyError } from '../errors.ts';

export interface HelmSettings {
  /** Path of a Helm 4 program. */
  readonly program: string;
  /** A private folder, made when missing: helm's caches, configuration and plugins live here and nowhere else. */
  readonly home: string;
  /** Passed on, without what is helm's own: PATH, HOME, proxies and what a kubeconfig's login programs need. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Path of a kubeconfig; absent means the service account of the pod that this runs in. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  /** Limits on work that needs no cluster (rendering, packing); DEFAULT_HELM_LIMITS when absent. */
  readonly limits?: HelmLimits | undefined;
}

/** What one run of helm may take. */
export interface HelmLimits {
  /** Milliseconds. */
  readonly timeMs: number;
  /** Bytes on standard output. */
  readonly outputBytes: number;
}

/** A large chart renders in a few seconds to some megabytes. */
export const DEFAULT_HELM_LIMITS: HelmLimits = { timeMs: 60_000, outputBytes: 64 * 1024 * 1024 };

export interface HelmRun {
  readonly args: readonly string[];
  /** Standard input. Values go this way, so that no secret shows in the process list. */
  readonly input?: string | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Without a limit of time helm has as long as it needs; its own --timeout ends what waits for a cluster. */
  readonly limits?: HelmLimits | undefined;
  /** What a limit that was exceeded is about: the chart. */
  readonly subject?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface HelmResult {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** What helm gets to end cleanly (it marks the release as failed) before it is killed; in milliseconds. */
const GRACE_MS = 1500;
const MAX_OUTPUT = 256 * 1024 * 1024;

/**
 * Runs helm once, never through a shell. An aborted signal, and a limit that is exceeded, end helm and everything it
 * started; then the signal's reason is thrown, or HELM_LIMIT_EXCEEDED. Throws HELM_NOT_FOUND.
 */
export async function runHelm(settings: HelmSettings, run: HelmRun): Promise<HelmResult> {
  run.signal?.throwIfAborted();
  await mkdir(settings.home, { recursive: true });
  const { execa } = await import('execa');
  const child = execa(settings.program, [...contextArgs(settings), ...run.args], {
    env: environmentOf(settings, run),
    extendEnv: false,
    input: run.input ?? '',
    reject: false,
    detached: true, // a process group of its own, so that helm's plugins and login programs end with it
    maxBuffer: run.limits?.outputBytes ?? MAX_OUTPUT,
    stripFinalNewline: false,
  });
  const timeout = run.limits === undefined ? undefined : timeoutOf(run.limits.timeMs);
  const result = await endGroupOnAbort(child.pid, anyOf(run.signal, timeout?.signal), child);
  timeout?.clear();
  run.signal?.throwIfAborted();
  if (result.isMaxBuffer || timeout?.signal.aborted === true) {
    if (child.pid !== undefined) killGroup(child.pid, 'SIGKILL');
    throw limitExceeded(settings, run, result.isMaxBuffer);
  }
  if (result.code === 'ENOENT' || result.code === 'EACCES' || result.code === 'ENOEXEC') {
    throw applyError('HELM_NOT_FOUND', {
      subject: settings.program,
      detail: result.code,
      cause: result.cause,
    });
  }
  return {
    ok: !result.failed,
    stdout: result.stdout,
    stderr: result.stderr || (result.failed ? (result.message ?? '') : ''),
  };
}

function timeoutOf(ms: number): { signal: AbortSignal; clear: () => void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), ms);
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}

function anyOf(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}

function limitExceeded(settings: HelmSettings, run: HelmRun, byOutput: boolean) {
  const { timeMs = 0, outputBytes = MAX_OUTPUT } = run.limits ?? {};
  const limit = byOutput ? `more than ${outputBytes} bytes of output` : `not done after ${timeMs / 1000} s`;
  const subject = run.subject ?? settings.program;
  return applyError('HELM_LIMIT_EXCEEDED', { subject, detail: `helm ${run.args[0]}: ${limit}` });
}

async function endGroupOnAbort<T>(
  pid: number | undefined,
  signal: AbortSignal,
  done: Promise<T>,
): Promise<T> {
  if (pid === undefined) return done;
  let killer: NodeJS.Timeout | undefined;
  const end = () => {
    killGroup(pid, 'SIGTERM');
    killer = setTimeout(() => killGroup(pid, 'SIGKILL'), GRACE_MS);
  };
  const endAtExit = () => killGroup(pid, 'SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  process.once('exit', endAtExit);
  try {
    return await done;
  } finally {
    clearTimeout(killer);
    signal.removeEventListener('abort', end);
    process.removeListener('exit', endAtExit);
  }
}

function killGroup(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch {
    // ended already
  }
}

function contextArgs({ context }: HelmSettings): string[] {
  return context === undefined ? [] : ['--kube-context', context];
}

// The user's own HELM_* (another namespace, token, plugin folder, debug output) must not change what happens here.
function environmentOf(settings: HelmSettings, run: HelmRun): Record<string, string> {
  const passed = Object.entries(settings.environment).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !entry[0].startsWith('HELM_') && entry[0] !== 'KUBECONFIG',
  );
  return {
    // Helm ends before collecting garbage would gain anything: a third of its time. It still does when it gets large.
    GOGC: 'off',
    GOMEMLIMIT: '256MiB',
    ...Object.fromEntries(passed),
    HELM_CACHE_HOME: join(settings.home, 'cache'),
    HELM_CONFIG_HOME: join(settings.home, 'config'),
    HELM_DATA_HOME: join(settings.home, 'data'),
    HELM_PLUGINS: join(settings.home, 'plugins'),
    // What was discovered of a cluster would otherwise stay in the user's home, for each address that it ever had.
    KUBECACHEDIR: join(settings.home, 'discovery'),
    NO_COLOR: '1',
    ...(settings.kubeconfig === undefined ? {} : { KUBECONFIG: settings.kubeconfig }),
    ...run.environment,
  };
}

/**
 * For work that needs no network: whatever asks for a proxy asks at a port where nobody listens. (Go leaves proxies out
 * for loopback addresses; what a chart may refer to is checked before helm sees it.)
 */
export const OFFLINE: Readonly<Record<string, string>> = Object.fromEntries(
  ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY']
    .flatMap((name) => [
      [name, 'http://127.0.0.1:9'],
      [name.toLowerCase(), 'http://127.0.0.1:9'],
    ])
    .concat([
      ['NO_PROXY', ''],
      ['no_proxy', ''],
    ]),
);
