import type { Store } from '../../../content/store.ts';
import { ClusterProfile, ClusterProfileSpec } from '../../api/cluster-profile.ts';
import type { Finding } from '../compile/finding.ts';
import { validateProfile } from '../compile/validate-profile.ts';
import { isWaitedFor } from '../compile/waited-for.ts';
import type { Flaw, Validate } from '../resources/objects.ts';
import { PackSource } from './pack-source.ts';

export type CheckProfile = (spec: ClusterProfileSpec, signal: AbortSignal) => Promise<readonly Finding[]>;

/** Checks profiles; packs of a project's own registries are looked at when a cluster is compiled. */
export function profileChecks(store: Store, prefix: string): CheckProfile {
  const source = new PackSource();
  return async (spec, signal) => {
    const place = (registry: string | undefined) => (registry === undefined ? { store, prefix } : undefined);
    const packs = await source.lookUp(spec.packs, place, signal);
    const elsewhere = spec.packs.flatMap(({ registry }, index) =>
      registry === undefined ? [] : [`spec.packs[${index}]`],
    );
    return validateProfile(spec, packs).filter(
      ({ code, path }) => code !== 'PACK_UNREADABLE' || !elsewhere.includes(path),
    );
  };
}

export type CheckObject = (...of: Parameters<Validate>) => Promise<readonly Finding[]>;

/** Checks objects before they are written; `other` those that are no profiles. */
export function objectChecks(profile: CheckProfile, other: CheckObject = async () => []): Validate {
  return async (kind, object, context) => {
    if (kind.kind === ClusterProfile.kind) {
      const spec = ClusterProfileSpec.parse(object.spec);
      // A profile never changes: what it names must be there now.
      return (await profile(spec, context.signal)).map((finding) => flawOf(finding, false));
    }
    const findings = await other(kind, object, context);
    return findings.map((finding) => flawOf(finding, isWaitedFor(finding)));
  };
}

function flawOf({ code, path, detail, within }: Finding, isWaitedFor: boolean): Flaw {
  return { code, path, message: detail, within, isWaitedFor };
}
