import { resolve } from 'node:path';
import { applyError } from '../errors.ts';
import {
  applyArgs,
  DEFAULT_TIMEOUT_MS,
  runChart,
  SERVER_DRY_RUN,
  type Surroundings,
  seconds,
} from './chart-run.ts';
import { found, packedIn, readList, readRelease, readRendering, readValues } from './helm-answers.ts';
import { helmError } from './helm-error.ts';
import { DEFAULT_HELM_LIMITS, type HelmRun, type HelmSettings, OFFLINE, runHelm } from './helm-process.ts';
import { helmWarnings } from './helm-warnings.ts';

/** The Helm 4 program. Every call may throw HELM_NOT_FOUND and HELM_FAILED; an aborted call throws the signal's reason. */
export interface Helm {
  /** Throws HELM_UNSUPPORTED unless it is Helm 4. */
  version(signal?: AbortSignal): Promise<string>;
  /**
   * Renders a chart, with a cluster only where asked for and otherwise without any network; hooks come after the rest.
   * Throws HELM_RENDER_FAILED, HELM_LIMIT_EXCEEDED, SCHEMA_REFERENCE_OUTSIDE.
   */
  template(chart: ChartInput & TemplateOptions): Promise<string>;
  /** Packs a chart folder into `destination` as Helm would publish it; returns the path of the .tgz. Throws HELM_LIMIT_EXCEEDED. */
  package(chart: {
    chart: string;
    destination: string;
    signal?: AbortSignal | undefined;
    onWarning?: ((text: string) => void) | undefined;
  }): Promise<string>;
  /**
   * As package, of several charts in one run, for most of a run is helm's own start; the paths in the same order.
   * Undefined unless all is well with all of them: which is not, and why, is told of each alone.
   */
  packageAll(charts: {
    charts: readonly string[];
    destination: string;
    signal?: AbortSignal | undefined;
  }): Promise<string[] | undefined>;
  /** Installs or upgrades with server-side apply. Throws HELM_RENDER_FAILED, SCHEMA_REFERENCE_OUTSIDE, APPLY_CONFLICT, CLUSTER_UNREACHABLE, CLUSTER_FORBIDDEN. */
  upgrade(chart: ChartInput & UpgradeOptions): Promise<HelmRelease>;
  /**
   * Installs with server-side apply where there is no such release, or only failed tries of one: install hooks run.
   * Throws what upgrade throws.
   */
  install(chart: ChartInput & UpgradeOptions): Promise<HelmRelease>;
  /** What an upgrade would apply, rendered with the revision that it would have. Throws HELM_RENDER_FAILED. */
  renderUpgrade(chart: ChartInput & RenderOptions): Promise<HelmRendering>;
  /** Applies an earlier revision again, as a new one. Throws what upgrade throws. */
  rollback(release: ReleaseName & RollbackOptions): Promise<void>;
  /** Undefined when there is no such release. */
  status(release: ReleaseName): Promise<HelmRelease | undefined>;
  /** What was applied, hooks left out. Undefined when there is no such release. */
  manifest(release: ReleaseName): Promise<string | undefined>;
  /** The values that were given. Undefined when there is no such release. */
  values(release: ReleaseName): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** The releases of a namespace, or of all; failed and pending ones too. */
  list(options: { namespace?: string | undefined; signal?: AbortSignal | undefined }): Promise<HelmRelease[]>;
  /** False when there was nothing to uninstall. */
  uninstall(release: ReleaseName & UninstallOptions): Promise<boolean>;
}

export interface ReleaseName {
  readonly name: string;
  readonly namespace: string;
  readonly signal?: AbortSignal | undefined;
}

export interface ChartInput extends ReleaseName {
  /** A folder or a .tgz; never a name that helm would look for in the network. */
  readonly chart: string;
  readonly values?: Readonly<Record<string, unknown>> | undefined;
  /** Told each thing that helm warned of while it succeeded. */
  readonly onWarning?: ((text: string) => void) | undefined;
}

export interface RenderOptions {
  /** A kubeconfig for what a chart may know of a cluster: its version, its APIs and the answers to `lookup`. */
  readonly kubeconfig: string;
  /** Takes objects for its own that no release owns, or another one; they are an error otherwise. */
  readonly takeOwnership?: boolean | undefined;
}

export interface HelmRendering {
  readonly manifest: string;
  readonly hooks: readonly string[];
}

export interface TemplateOptions extends Pick<RenderOptions, 'takeOwnership'> {
  /** What the chart sees as the cluster's version; helm's own when absent. */
  readonly kubeVersion?: string | undefined;
  readonly apiVersions?: readonly string[] | undefined;
  readonly includeCrds?: boolean | undefined;
  /** As for renderUpgrade; kubeVersion and apiVersions don't count then. Without it no cluster is near. */
  readonly kubeconfig?: string | undefined;
  /** Sets `.Release.IsUpgrade`. */
  readonly isUpgrade?: boolean | undefined;
}

export interface UpgradeOptions {
  /** For hooks, in milliseconds. */
  readonly timeoutMs?: number | undefined;
  readonly createNamespace?: boolean | undefined;
  /** Takes over fields that belong to other managers. */
  readonly force?: boolean | undefined;
  /** Takes over objects that no release owns, or another one. */
  readonly takeOwnership?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface RollbackOptions extends Pick<UpgradeOptions, 'timeoutMs' | 'force'> {
  readonly revision: number;
}

export interface UninstallOptions extends Pick<UpgradeOptions, 'timeoutMs'> {
  /** Whether delete hooks run; true when absent. */
  readonly hooks?: boolean | undefined;
}

export interface HelmRelease {
  readonly name: string;
  readonly namespace: string;
  readonly revision: number;
  /** `deployed`, `failed`, `pending-install`, … */
  readonly status: string;
}

export function createHelm(settings: HelmSettings): Helm {
  const run = (call: HelmRun) => runHelm(settings, call);
  const limits = settings.limits ?? DEFAULT_HELM_LIMITS;
  // Work that needs no cluster must not depend on which one happens to be near, nor leave this machine.
  const offline: Surroundings = {
    settings: { ...settings, kubeconfig: '/dev/null', context: undefined },
    environment: OFFLINE,
    limits,
  };

  let known: string | undefined;
  return {
    version: async (signal) => {
      if (known !== undefined) return known;
      const result = await run({ args: ['version', '--template', '{{.Version}}'], limits, signal });
      const version = result.stdout.trim();
      if (!result.ok || !/^v4(?:\.|$)/.test(version)) {
        const detail = version || result.stderr.trim() || 'it names no version';
        throw applyError('HELM_UNSUPPORTED', { subject: settings.program, detail });
      }
      known = version;
      return version;
    },
    template: async (chart) => {
      const {
        kubeVersion,
        apiVersions = [],
        includeCrds = false,
        kubeconfig,
        isUpgrade = false,
        takeOwnership = false,
      } = chart;
      const args = [
        ...(kubeVersion === undefined ? [] : ['--kube-version', kubeVersion]),
        ...apiVersions.flatMap((version) => ['--api-versions', version]),
        ...(includeCrds ? ['--include-crds'] : []),
        ...(kubeconfig === undefined ? [] : SERVER_DRY_RUN),
        ...(isUpgrade ? ['--is-upgrade'] : []),
        ...(takeOwnership ? ['--take-ownership'] : []),
      ];
      const near =
        kubeconfig === undefined
          ? offline
          : { settings: { ...settings, kubeconfig, context: undefined }, limits };
      return (await runChart(near, 'template', args, chart)).stdout;
    },
    package: async ({ chart, destination, signal, onWarning }) => {
      const result = await runHelm(offline.settings, {
        args: ['package', resolve(chart), '--destination', resolve(destination)],
        environment: offline.environment,
        limits,
        subject: chart,
        signal,
      });
      const [packed] = packedIn(result);
      if (!result.ok || packed === undefined) throw helmError({ subject: chart, stderr: result.stderr });
      for (const warning of helmWarnings(result.stderr)) onWarning?.(warning);
      return packed;
    },
    packageAll: async ({ charts, destination, signal }) => {
      const result = await runHelm(offline.settings, {
        args: ['package', ...charts.map((chart) => resolve(chart)), '--destination', resolve(destination)],
        environment: offline.environment,
        limits: { ...limits, timeMs: limits.timeMs * charts.length },
        signal,
      });
      const packed = packedIn(result);
      const isClean = result.ok && helmWarnings(result.stderr).length === 0;
      return isClean && new Set(packed).size === charts.length ? packed : undefined;
    },
    upgrade: async (chart) => {
      const args = ['--install', '--reset-values', ...applyArgs(chart)];
      return readRelease((await runChart({ settings }, 'upgrade', args, chart)).stdout, chart);
    },
    install: async (chart) => {
      const args = ['--replace', ...applyArgs(chart)];
      return readRelease((await runChart({ settings }, 'install', args, chart)).stdout, chart);
    },
    renderUpgrade: async ({ kubeconfig, takeOwnership = false, ...chart }) => {
      const near = { settings: { ...settings, kubeconfig, context: undefined }, limits };
      const args = [
        '--reset-values',
        '--output',
        'json',
        ...SERVER_DRY_RUN,
        ...(takeOwnership ? ['--take-ownership'] : []),
      ];
      const { stdout } = await runChart(near, 'upgrade', args, chart);
      return readRendering(stdout);
    },
    rollback: async ({
      name,
      namespace,
      revision,
      timeoutMs = DEFAULT_TIMEOUT_MS,
      force = false,
      signal,
    }) => {
      const args = [
        ...['rollback', name, String(revision), '--namespace', namespace],
        ...['--server-side=true', '--wait=hookOnly', '--timeout', seconds(timeoutMs)],
        ...(force ? ['--force-conflicts'] : []),
      ];
      const result = await run({ args, signal });
      if (!result.ok) throw helmError({ subject: name, stderr: result.stderr });
    },
    status: async ({ name, namespace, signal }) => {
      const result = await run({ args: ['status', name, '--namespace', namespace, '-o', 'json'], signal });
      return found(result, name) ? readRelease(result.stdout, { name, namespace }) : undefined;
    },
    manifest: async ({ name, namespace, signal }) => {
      const result = await run({ args: ['get', 'manifest', name, '--namespace', namespace], signal });
      return found(result, name) ? result.stdout : undefined;
    },
    values: async ({ name, namespace, signal }) => {
      const result = await run({
        args: ['get', 'values', name, '--namespace', namespace, '-o', 'json'],
        signal,
      });
      return found(result, name) ? readValues(result.stdout) : undefined;
    },
    list: async ({ namespace, signal }) => {
      const where = namespace === undefined ? ['--all-namespaces'] : ['--namespace', namespace];
      const result = await run({ args: ['list', ...where, '--max', '0', '-o', 'json'], signal });
      if (!result.ok) throw helmError({ subject: 'list of releases', stderr: result.stderr });
      return readList(result.stdout);
    },
    uninstall: async ({ name, namespace, signal, timeoutMs = DEFAULT_TIMEOUT_MS, hooks = true }) => {
      // Foreground: a workload goes after its pods, so that waiting for the one is waiting for the others.
      const args = [
        ...['uninstall', name, '--namespace', namespace],
        ...['--cascade', 'foreground', '--timeout', seconds(timeoutMs)],
        ...(hooks ? [] : ['--no-hooks']),
      ];
      return found(await run({ args, signal }), name);
    },
  };
}
