import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readChartArchive } from '../chart/archive.ts';
import { checkSchemaReferences } from '../chart/schema-references.ts';
import type { ChartInput, UpgradeOptions } from './helm.ts';
import { helmError } from './helm-error.ts';
import { type HelmResult, type HelmRun, type HelmSettings, runHelm } from './helm-process.ts';
import { helmWarnings } from './helm-warnings.ts';

export const DEFAULT_TIMEOUT_MS = 300_000;

/** Where helm runs, and within which limits. */
export interface Surroundings extends Pick<HelmRun, 'limits' | 'environment'> {
  readonly settings: HelmSettings;
}

/** Runs a command of helm that reads a chart. Throws what helm says, SCHEMA_REFERENCE_OUTSIDE. */
export async function runChart(
  { settings, limits, environment }: Surroundings,
  command: 'template' | 'upgrade' | 'install',
  args: readonly string[],
  { chart, name, namespace, values = {}, signal, onWarning }: ChartInput,
): Promise<HelmResult> {
  const subject = `${name} from ${chart}`;
  await checkArchive(chart, subject);
  const result = await runHelm(settings, {
    args: [command, name, resolve(chart), '--namespace', namespace, '--values', '-', ...args],
    input: JSON.stringify(values), // JSON is YAML
    environment,
    limits,
    subject,
    signal,
  });
  if (!result.ok) throw helmError({ subject, stderr: result.stderr });
  for (const warning of helmWarnings(result.stderr)) onWarning?.(warning);
  return result;
}

// Helm follows what a schema refers to, by whatever network there is: an archive, which may come from an older bundle, is
// looked at before helm sees it. A folder is checked when it is packed.
async function checkArchive(chart: string, subject: string): Promise<void> {
  if (!chart.endsWith('.tgz')) return;
  const archive = await readFile(chart).catch(() => undefined); // helm says best what is wrong with a path
  if (archive !== undefined) await checkSchemaReferences(await readChartArchive(archive, chart), subject);
}

// Kinds whose CRD is only about to come have no schema yet, so nothing is validated in a dry run.
export const SERVER_DRY_RUN = ['--dry-run=server', '--disable-openapi-validation'];

/**
 * CRDs are applied before (helm would never upgrade them) and health is waited for afterwards, so helm does neither.
 * An upgrade resets values, because those of before must not leak into what was given now.
 */
export function applyArgs(options: UpgradeOptions): string[] {
  return [
    '--server-side=true',
    '--skip-crds',
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

/** As helm reads lengths of time. */
export function seconds(ms: number): string {
  return `${Math.max(1, Math.ceil(ms / 1000))}s`;
}
