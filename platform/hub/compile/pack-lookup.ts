import { satisfies } from 'semver';
import type { PackConfig } from '../../../content/pack-format.ts';
import type { PackReference } from '../../api/cluster-profile.ts';
import type { Report } from './finding.ts';

/** What was found of a pack that a profile names. */
export type PackLookup =
  | { readonly state: 'found'; readonly config: PackConfig }
  /** The registry has no pack of this name, or none with this digest. */
  | { readonly state: 'unknown-name' | 'unknown-digest' }
  /** It could not be looked at; `detail` says why. */
  | { readonly state: 'unreadable'; readonly detail: string };

export type PackLookups = (pack: PackReference) => PackLookup;

/** The config of a pack, once name and version are those that its digest stands for. */
export function packConfig(
  pack: PackReference,
  lookups: PackLookups,
  path: string,
  report: Report,
): PackConfig | undefined {
  const found = lookups(pack);
  if (found.state === 'unknown-name') return report('PACK_NOT_FOUND', `${path}.name`, pack.name);
  if (found.state === 'unreadable')
    return report('PACK_UNREADABLE', path, `${pack.name} ${pack.version}: ${found.detail}`);
  if (found.state !== 'found')
    return report('PACK_DIGEST_UNKNOWN', `${path}.digest`, `${pack.name} ${pack.digest}`);
  const { name, version } = found.config;
  if (name === pack.name && version === pack.version) return found.config;
  return report('PACK_DIGEST_UNKNOWN', `${path}.digest`, `it is the digest of ${name} ${version}`);
}

/** Checks what a pack asks for against all packs that a cluster has, by name. */
export function checkDependencies(
  { dependencies }: PackConfig,
  versions: ReadonlyMap<string, string>,
  path: string,
  report: Report,
): void {
  for (const { pack, range } of dependencies) {
    const version = versions.get(pack);
    if (version !== undefined && satisfies(version, range, { includePrerelease: true })) continue;
    const has = version === undefined ? 'the cluster does not have it' : `the cluster has ${version}`;
    report('PACK_DEPENDENCY_UNMET', path, `needs ${pack} ${range}; ${has}`);
  }
}
