import semver from 'semver';
import type { Freshness } from '../../../channel/client/freshness.ts';
import type { ChannelRelease } from '../../../channel/metadata/release-target.ts';
import { formatAge } from '../../terminal/units.ts';

/** Releases as a table, newest first. */
export function formatReleases(releases: readonly ChannelRelease[]): string {
  const rows = releases
    .toSorted((a, b) => a.product.localeCompare(b.product) || semver.rcompare(a.version, b.version))
    .map(({ product, version, track, from, stop, withdrawn, kubernetes }) => [
      `${product}/${version}`,
      withdrawn === undefined ? track : 'withdrawn',
      from === '' ? 'new only' : from,
      kubernetes,
      withdrawn ?? (stop ? 'upgrades stop here' : ''),
    ]);
  if (rows.length === 0) return 'no release';
  const table = [['RELEASE', 'STATE', 'FROM', 'KUBERNETES', ''], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** One line on how long the channel counts as fresh. */
export function formatFreshness({ state, expires, remaining, role, clockBehind, behind }: Freshness): string {
  const days = Math.floor(Math.abs(remaining) / DAY);
  const date = new Date(expires).toISOString().slice(0, 10);
  const clock = clockBehind ? `; the clock here is ${formatBehind(behind)} behind what was seen before` : '';
  if (state !== 'expired') return `fresh for ${days} more days, until ${date} (${role})${clock}`;
  return `EXPIRED ${days} days ago, on ${date} (${role}): what is installed goes on, an upgrade has to be allowed${clock}`;
}

const DAY = 86_400_000;

function formatBehind(ms: number): string {
  const years = ms / (365.25 * DAY);
  return years >= 1 ? `${years.toFixed(1)} years` : formatAge(ms);
}
