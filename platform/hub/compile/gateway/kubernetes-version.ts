import { compare, minor } from 'semver';
import { z } from 'zod';
import type { PackConfig } from '../../../../content/pack-format.ts';
import type { Report } from '../finding.ts';

const Offered = z.object({ releases: z.record(z.string(), z.unknown()) });

/** The versions of Kubernetes that a pack of clusters has nodes for, the newest first; undefined where any will do. */
export function offeredVersions({ values }: Pick<PackConfig, 'values'>): string[] | undefined {
  const { releases } = Offered.safeParse(values).data ?? {};
  return releases === undefined ? undefined : Object.keys(releases).sort((a, b) => compare(b, a));
}

/** Whether a version is one that `wanted` stands for: `1.34` for each of its patches, with or without a v. */
export function isWanted(version: string, wanted: string): boolean {
  const exact = `v${wanted.replace(/^v/, '')}`;
  return version === exact || (exact.split('.').length === 2 && version.startsWith(`${exact}.`));
}

/** The newest version that is offered and wanted. */
export function chooseVersion(
  offered: readonly string[] | undefined,
  wanted: string,
  path: string,
  report: Report,
): string | undefined {
  if (offered === undefined) return `v${wanted.replace(/^v/, '')}`;
  const found = offered.find((version) => isWanted(version, wanted));
  if (found !== undefined) return found;
  return report('KUBERNETES_UNKNOWN', path, `${wanted}; the registry has: ${offered.join(', ') || 'none'}`);
}

/** Control planes go up by one minor version at a time, and never down. */
export function checkStep(from: string | undefined, to: string, path: string, report: Report): void {
  if (from === undefined || from === to) return;
  const [before, after] = [fullVersion(from), fullVersion(to)];
  if (compare(after, before) < 0) report('KUBERNETES_STEP_INVALID', path, `from ${from} down to ${to}`);
  else if (minor(after) - minor(before) > 1)
    report('KUBERNETES_STEP_INVALID', path, `from ${from} to ${to} skips a minor version`);
}

// EKS knows its versions by their minor alone, which is no version to semver.
function fullVersion(version: string): string {
  return version.split('.').length === 2 ? `${version}.0` : version;
}
