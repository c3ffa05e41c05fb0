import type { FieldError } from '../../../apply/invalid-object.ts';
import type { Store } from '../../../content/store.ts';
import { ClusterProfile, ClusterProfileSpec } from '../../api/cluster-profile.ts';
import type { CustomResource } from '../../api/custom-resource.ts';
import type { Finding } from '../compile/finding.ts';
import { validateProfile } from '../compile/validate-profile.ts';
import { PackSource } from './pack-source.ts';

/** Checks objects before they are written; packs of a project's own registries are looked at when a cluster is compiled. */
export function objectChecks(
  store: Store,
  prefix: string,
  signal: AbortSignal,
  more: (kind: CustomResource, object: Checked) => Promise<readonly Finding[]> = async () => [],
) {
  const source = new PackSource();
  return async (kind: CustomResource, object: Checked): Promise<FieldError[]> => {
    if (kind.kind !== ClusterProfile.kind) return (await more(kind, object)).map(asFieldError);
    const spec = ClusterProfileSpec.parse(object.spec);
    const place = (registry: string | undefined) => (registry === undefined ? { store, prefix } : undefined);
    const packs = await source.lookUp(spec.packs, place, signal);
    const elsewhere = spec.packs.flatMap(({ registry }, index) =>
      registry === undefined ? [] : [`spec.packs[${index}]`],
    );
    const findings = validateProfile(spec, packs).filter(
      ({ code, path }) => code !== 'PACK_UNREADABLE' || !elsewhere.includes(path),
    );
    return findings.map(asFieldError);
  };
}

interface Checked {
  readonly project: string;
  readonly name: string;
  readonly spec: unknown;
}

function asFieldError({ code, path, detail, within }: Finding): FieldError {
  return { code, path, message: detail, within };
}
