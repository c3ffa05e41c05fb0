import { runJob } from '../../../registry/jobs/job-client.ts';
import type { RepositoryUsage, StoreUsage } from '../../../registry/usage/usage-event.ts';
import { usageJob } from '../../../registry/usage/usage-job.ts';
import { type Console, type OutputFormat, print } from '../../terminal/console.ts';
import { formatBytes } from '../../terminal/units.ts';
import { storeOf } from './store-option.ts';
import type { Order, UsageCommandOptions } from './usage.ts';

export async function runUsage(
  console: Console,
  options: UsageCommandOptions,
  { output, signal }: { readonly output: OutputFormat; readonly signal: AbortSignal },
): Promise<void> {
  const folder = storeOf(options, console.env);
  const repositories: RepositoryUsage[] = [];
  let total: StoreUsage | undefined;
  for await (const event of runJob(folder, usageJob, { repositories: options.repository }, signal)) {
    const { type, ...rest } = event;
    if ('repository' in rest) repositories.push(rest);
    else total = rest;
  }
  repositories.sort(orders[options.sort]);
  print(console, output, { repositories, total }, () => describe(repositories, total));
}

const byName = (a: RepositoryUsage, b: RepositoryUsage) => (a.repository < b.repository ? -1 : 1);

const orders: Record<Order, (a: RepositoryUsage, b: RepositoryUsage) => number> = {
  name: byName,
  bytes: (a, b) => b.bytes - a.bytes || byName(a, b),
  own: (a, b) => b.ownBytes - a.ownBytes || byName(a, b),
};

function describe(repositories: readonly RepositoryUsage[], total: StoreUsage | undefined): string {
  const rows = repositories.map(({ repository, tags, manifests, bytes, ownBytes }) => [
    repository,
    `${tags}`,
    `${manifests}`,
    formatBytes(bytes),
    formatBytes(ownBytes),
  ]);
  const lines = table([['REPOSITORY', 'TAGS', 'MANIFESTS', 'BYTES', 'OF ITS OWN'], ...rows]);
  if (total === undefined) return lines.join('\n');
  const { disk, waitingBytes, quarantinedBytes } = total;
  const later = waitingBytes === 0 ? '' : `, ${formatBytes(waitingBytes)} more later`;
  return [
    ...lines,
    '',
    `held         ${formatBytes(total.bytes)} in ${total.repositories} repositories, of which several share ${formatBytes(total.sharedBytes)}`,
    `garbage      ${formatBytes(total.reclaimableBytes)}${later} (skerry registry gc)`,
    ...(quarantinedBytes === 0 ? [] : [`quarantine   ${formatBytes(quarantinedBytes)}`]),
    `disk         ${formatBytes(disk.freeBytes)} free of ${formatBytes(disk.sizeBytes)}`,
  ].join('\n');
}

/** Columns as wide as what is in them; all but the first are numbers. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
}
