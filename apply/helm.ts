import { resolve } from 'node:path';
import { z } from 'zod';
import { applyError } from './errors.ts';
import { helmError } from './helm-error.ts';
import { preparePostRenderer } from './helm-plugin.ts';
import { type HelmResult, type HelmRun, type HelmSettings, runHelm } from './helm-process.ts';

/** The Helm 4 program. Every call may throw HELM_NOT_FOUND and HELM_FAILED; an aborted call throws the signal's reason. */
export interface Helm {
  /** Throws HELM_UNSUPPORTED unless it is Helm 4. */
  version(signal?: AbortSignal): Promise<string>;
  /** Renders a chart without a cluster; hooks come after the rest. Throws HELM_RENDER_FAILED. */
  template(chart: ChartInput & TemplateOptions): Promise<string>;
  /** Packs a chart folder into `destination` as Helm would publish it; returns the path of the .tgz. */
  package(chart: { chart: string; destination: string; signal?: AbortSignal | undefined }): Promise<string>;
  /** Installs or upgrades with server-side apply. Throws HELM_RENDER_FAILED, APPLY_CONFLICT, CLUSTER_UNREACHABLE, CLUSTER_FORBIDDEN. */
  upgrade(chart: ChartInput & UpgradeOptions): Promise<HelmRelease>;
  /** Undefined when there is no such release. */
  status(release: ReleaseName): Promise<HelmRelease | undefined>;
  /** What was applied, hooks left out. Undefined when there is no such release. */
  manifest(release: ReleaseName): Promise<string | undefined>;
  /** The values that were given. Undefined when there is no such release. */
  values(release: ReleaseName): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** The releases of a namespace, or of all; failed and pending ones too. */
  list(options: { namespace?: string | undefined; signal?: AbortSignal | undefined }): Promise<HelmRelease[]>;
  /** False when there was nothing to uninstall. */
  uninstall(release: ReleaseName & { timeoutMs?: number | undefined }): Promise<boolean>;
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
  /** Program and arguments of a filter for the rendered manifests. */
  readonly postRenderer?: readonly string[] | undefined;
}

export interface TemplateOptions {
  /** What the chart sees as the cluster's version; helm's own when absent. */
  readonly kubeVersion?: string | undefined;
  readonly apiVersions?: readonly string[] | undefined;
  readonly includeCrds?: boolean | undefined;
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

export interface HelmRelease {
  readonly name: string;
  readonly namespace: string;
  readonly revision: number;
  /** `deployed`, `failed`, `pending-install`, … */
  readonly status: string;
}

const DEFAULT_TIMEOUT_MS = 300_000;

export function createHelm(settings: HelmSettings): Helm {
  const run = (call: HelmRun) => runHelm(settings, call);

  return {
    version: async (signal) => {
      const result = await run({ args: ['version', '--template', '{{.Version}}'], signal });
      const version = result.stdout.trim();
      if (!result.ok || !/^v4(?:\.|$)/.test(version)) {
        const detail = version === '' ? result.stderr.trim() : version;
        throw applyError('HELM_UNSUPPORTED', { subject: settings.program, detail });
      }
      return version;
    },
    template: async (chart) => {
      const { kubeVersion, apiVersions = [], includeCrds = false } = chart;
      const args = [
        ...(kubeVersion === undefined ? [] : ['--kube-version', kubeVersion]),
        ...apiVersions.flatMap((version) => ['--api-versions', version]),
        ...(includeCrds ? ['--include-crds'] : []),
      ];
      // No kubeconfig: rendering must not depend on which cluster happens to be near.
      const offline = { ...settings, kubeconfig: '/dev/null', context: undefined };
      return (await runChart(offline, 'template', args, chart)).stdout;
    },
    package: async ({ chart, destination, signal }) => {
      const result = await run({
        args: ['package', resolve(chart), '--destination', resolve(destination)],
        signal,
      });
      const packed = /saved it to: (.+\.tgz)\s*$/m.exec(result.stdout)?.[1];
      if (!result.ok || packed === undefined) throw helmError({ subject: chart, stderr: result.stderr });
      return packed;
    },
    upgrade: async (chart) => {
      const result = await runChart(settings, 'upgrade', upgradeArgs(chart), chart);
      return readRelease(result.stdout, chart);
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
      return found(result, name) ? (valuesSchema.parse(JSON.parse(result.stdout)) ?? {}) : undefined;
    },
    list: async ({ namespace, signal }) => {
      const where = namespace === undefined ? ['--all-namespaces'] : ['--namespace', namespace];
      const result = await run({ args: ['list', ...where, '--max', '0', '-o', 'json'], signal });
      if (!result.ok) throw helmError({ subject: 'list of releases', stderr: result.stderr });
      return listSchema.parse(JSON.parse(result.stdout));
    },
    uninstall: async ({ name, namespace, signal, timeoutMs = DEFAULT_TIMEOUT_MS }) => {
      const args = ['uninstall', name, '--namespace', namespace, '--timeout', seconds(timeoutMs)];
      return found(await run({ args, signal }), name);
    },
  };
}

async function runChart(
  settings: HelmSettings,
  command: 'template' | 'upgrade',
  args: readonly string[],
  { chart, name, namespace, values = {}, postRenderer: filter, signal }: ChartInput,
): Promise<HelmResult> {
  const postRenderer = filter === undefined ? undefined : await preparePostRenderer(settings, filter);
  const result = await runHelm(settings, {
    args: [
      command,
      name,
      resolve(chart),
      '--namespace',
      namespace,
      '--values',
      '-',
      ...args,
      ...(postRenderer?.args ?? []),
    ],
    input: JSON.stringify(values), // JSON is YAML
    environment: postRenderer?.environment,
    signal,
  });
  const failure = await postRenderer?.failure();
  if (!result.ok) {
    throw helmError({ subject: `${name} from ${chart}`, stderr: result.stderr, postRenderer: failure });
  }
  return result;
}

/**
 * CRDs are applied before (helm would never upgrade them) and health is waited for afterwards, so helm does neither;
 * `--reset-values`, because the values of before must not leak into what was given now.
 */
function upgradeArgs(options: UpgradeOptions): string[] {
  return [
    '--install',
    '--server-side=true',
    '--skip-crds',
    '--reset-values',
    '--wait=hookOnly',
    '--timeout',
    seconds(options.timeoutMs ?? DEFAULT_TIMEOUT_MS),
    '--output',
    'json',
    ...(options.createNamespace === true ? ['--create-namespace'] : []),
    ...(options.force === true ? ['--force-conflicts'] : []),
    ...(options.takeOwnership === true ? ['--take-ownership'] : []),
    ...(options.dryRun === true ? ['--dry-run=server', '--hide-secret'] : []),
  ];
}

function found(result: HelmResult, name: string): boolean {
  if (result.ok) return true;
  if (/release: not found/i.test(result.stderr)) return false;
  throw helmError({ subject: name, stderr: result.stderr });
}

const valuesSchema = z.record(z.string(), z.unknown()).nullable();

const releaseSchema = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  version: z.number(),
  info: z.looseObject({ status: z.string() }),
});

const listSchema = z.array(
  z
    .looseObject({ name: z.string(), namespace: z.string(), revision: z.coerce.number(), status: z.string() })
    .transform(({ name, namespace, revision, status }) => ({ name, namespace, revision, status })),
);

function readRelease(
  stdout: string,
  { name, namespace }: Pick<ReleaseName, 'name' | 'namespace'>,
): HelmRelease {
  const { version, info } = releaseSchema.parse(JSON.parse(stdout));
  return { name, namespace, revision: version, status: info.status };
}

function seconds(ms: number): string {
  return `${Math.max(1, Math.ceil(ms / 1000))}s`;
}
