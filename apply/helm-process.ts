import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { applyError } from './errors.ts';

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
}

export interface HelmRun {
  readonly args: readonly string[];
  /** Standard input. Values go this way, so that no secret shows in the process list. */
  readonly input?: string | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
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
 * Runs helm once, never through a shell. An aborted signal ends helm and everything it started, then throws the
 * signal's reason. Throws HELM_NOT_FOUND.
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
    maxBuffer: MAX_OUTPUT,
    stripFinalNewline: false,
  });
  const result = await endGroupOnAbort(child.pid, run.signal, child);
  run.signal?.throwIfAborted();
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

async function endGroupOnAbort<T>(
  pid: number | undefined,
  signal: AbortSignal | undefined,
  done: Promise<T>,
): Promise<T> {
  if (pid === undefined) return done;
  let killer: NodeJS.Timeout | undefined;
  const end = () => {
    killGroup(pid, 'SIGTERM');
    killer = setTimeout(() => killGroup(pid, 'SIGKILL'), GRACE_MS);
  };
  const endAtExit = () => killGroup(pid, 'SIGTERM');
  signal?.addEventListener('abort', end, { once: true });
  if (signal?.aborted === true) end();
  process.once('exit', endAtExit);
  try {
    return await done;
  } finally {
    clearTimeout(killer);
    signal?.removeEventListener('abort', end);
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
    HELM_PLUGINS: pluginFolder(settings),
    NO_COLOR: '1',
    ...(settings.kubeconfig === undefined ? {} : { KUBECONFIG: settings.kubeconfig }),
    ...run.environment,
  };
}

export function pluginFolder({ home }: Pick<HelmSettings, 'home'>): string {
  return join(home, 'plugins');
}
