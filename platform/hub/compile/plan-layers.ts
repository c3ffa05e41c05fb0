import type { JsonObject } from '../../../apply/json.ts';
import type { ClusterSpec } from '../../api/cluster.ts';
import type { ClusterProfileSpec, PackReference } from '../../api/cluster-profile.ts';
import { profileObjectName } from '../../api/names.ts';
import type { PackRegistrySpec } from '../../api/pack-registry.ts';
import type { EnvelopeLayer } from '../../desired/envelope.ts';
import type { Report } from './finding.ts';
import { orderLayers } from './layer-order.ts';
import { layerValues } from './layer-values.ts';
import { checkDependencies, type PackLookups, packConfig } from './pack-lookup.ts';
import { registryName } from './registries.ts';
import { resolveVariables, type SecretText, type VariableValues } from './variables.ts';

/** A layer whose secrets are not sealed yet. */
export interface PlannedLayer {
  readonly name: string;
  readonly layer: EnvelopeLayer;
  readonly dependsOn: readonly string[];
  readonly secrets: JsonObject | undefined;
  /** A PackRegistry; the platform's own when absent. */
  readonly registry: string | undefined;
  /** In the cluster's spec. */
  readonly path: string;
  /** `PROJECT/NAME` of the cluster that it makes, where this is a gateway. */
  readonly cluster?: string | undefined;
}

export interface LayerSources {
  readonly spec: ClusterSpec;
  /** By the name of its object. */
  readonly profile: (objectName: string) => ClusterProfileSpec | undefined;
  readonly packs: PackLookups;
  readonly registries: ReadonlyMap<string, PackRegistrySpec>;
  readonly secretText: SecretText;
  readonly packsPrefix: string;
}

interface Use {
  readonly pack: PackReference;
  readonly profile: ClusterProfileSpec;
  readonly variables: VariableValues;
  readonly path: string;
}

/** The layers of a cluster in the order in which they are applied. Reports everything that is wrong, not just the first. */
export function planLayers(sources: LayerSources, report: Report): readonly PlannedLayer[] {
  const uses = uniqueUses(packUses(sources, report), report);
  const versions = new Map(uses.map(({ pack }) => [pack.name, pack.version]));
  const layers = uses.flatMap((use) => planLayer(use, versions, sources, report) ?? []);
  const ordered = orderLayers(layers);
  if ('order' in ordered) return ordered.order;
  report('DEPENDENCY_CYCLE', 'spec.profiles', ordered.cycle.join(' → '));
  return [];
}

function packUses({ spec, profile: profileOf, secretText }: LayerSources, report: Report): Use[] {
  return (spec.profiles ?? []).flatMap((use, index) => {
    const path = `spec.profiles[${index}]`;
    const profile = profileOf(profileObjectName(use));
    if (profile === undefined) {
      report('PROFILE_NOT_FOUND', `${path}.version`, `${use.name} ${use.version}`);
      return [];
    }
    const variables = resolveVariables(profile.variables ?? [], use, secretText, path, report);
    return profile.packs.map((pack) => ({ pack, profile, variables, path }));
  });
}

function uniqueUses(uses: readonly Use[], report: Report): Use[] {
  const first = new Map<string, Use>();
  for (const use of uses) {
    const { name } = use.pack;
    const other = first.get(name);
    if (other === undefined) first.set(name, use);
    else report('LAYER_NAME_TAKEN', use.path, `${name} is in ${other.profile.name} and ${use.profile.name}`);
  }
  return [...first.values()];
}

function planLayer(
  { pack, profile, variables, path }: Use,
  versions: ReadonlyMap<string, string>,
  { spec, packs, registries, packsPrefix }: LayerSources,
  report: Report,
): PlannedLayer | undefined {
  const registry = pack.registry === undefined ? undefined : registries.get(pack.registry);
  if (pack.registry !== undefined && registry === undefined)
    return report('PACK_REGISTRY_UNKNOWN', path, `${pack.registry}, for ${pack.name}`);
  // The fault is in the profile, which the cluster only names; the detail says which pack.
  const inProfile: Report = (code, at, detail) =>
    report(code, path, `${pack.name}: ${at.slice(1)} ${detail}`);
  const config = packConfig(pack, packs, '.', inProfile);
  if (config === undefined) return undefined;
  checkDependencies(config, versions, '.dependencies', inProfile);
  for (const name of pack.dependsOn ?? [])
    if (!versions.has(name)) inProfile('DEPENDENCY_UNKNOWN', '.dependsOn', name);
  const values = layerValues(pack, config, variables, '.', inProfile);
  if (values === undefined) return undefined;
  const dependsOn = [
    ...new Set([...(pack.dependsOn ?? []), ...config.dependencies.map((needed) => needed.pack)]),
  ];
  const layer: EnvelopeLayer = {
    name: pack.name,
    namespace: pack.namespace ?? pack.name,
    profile: { name: profile.name, version: profile.version },
    pack: {
      registry: registryName(pack.registry),
      repository: `${registry?.prefix ?? packsPrefix}/${pack.name}`,
      version: pack.version,
      digest: pack.digest,
    },
    values: values.open,
    dependsOn,
    timeoutSeconds: pack.timeoutSeconds ?? 300,
    health: [],
    drift: pack.drift ?? spec.policy?.drift ?? { mode: 'correct' },
    onRemove: pack.onRemove ?? 'prune',
  };
  const secrets = Object.keys(values.sealed).length === 0 ? undefined : values.sealed;
  return { name: pack.name, layer, dependsOn, secrets, registry: pack.registry, path };
}
