import { readFile } from 'node:fs/promises';
import semver from 'semver';
import { parse } from 'yaml';
import { z } from 'zod';
import { type KubernetesMinor, kubernetesMinors } from '../cluster/builds/program.ts';
import type { Row } from './row.ts';

/** The versions and modes that a release is tried on: the ends of its range, what else is known of it, and nftables. */
export function rowsOf(range: string, minors: readonly KubernetesMinor[] = kubernetesMinors): Row[] {
  const within = minors.filter((minor) => semver.satisfies(`${minor}.0`, range));
  const newest = within.at(-1);
  return [
    ...within.map((kubernetes): Row => ({ kubernetes, proxy: 'iptables' })),
    ...(newest === undefined ? [] : [{ kubernetes: newest, proxy: 'nftables' } as const]),
  ];
}

/** The range of Kubernetes versions that a release says it runs on. */
export async function rangeOf(releasePath: string): Promise<string> {
  const release = z.looseObject({ kubernetes: z.string() });
  return release.parse(parse(await readFile(releasePath, 'utf8'))).kubernetes;
}

/** A row as it is named on the command line: `1.37` or `1.37-nftables`. */
export function rowName({ kubernetes, proxy }: Row): string {
  return proxy === 'iptables' ? kubernetes : `${kubernetes}-${proxy}`;
}
