import type { ClusterProfileSpec, PackReference } from '../../api/cluster-profile.ts';
import { checkValues } from './check-values.ts';
import { fillIn, variablesIn } from './fill-in.ts';
import { collectFindings, type Finding, type Report } from './finding.ts';
import { orderLayers } from './layer-order.ts';
import { parseValues } from './layer-values.ts';
import { mergeValues } from './merge-values.ts';
import { type PackLookups, packConfig } from './pack-lookup.ts';
import { fitsPattern } from './pattern.ts';
import { typed, type VariableValue } from './variables.ts';

/**
 * All that can be said of a profile without a cluster: packs and their digests, presets, values (against the schema where
 * no variable without a default stands in them), variables, and circles. What other profiles of a cluster bring is not
 * known here, so that a dependency that is missing is no fault yet.
 */
export function validateProfile(spec: ClusterProfileSpec, packs: PackLookups): readonly Finding[] {
  const { findings, report } = collectFindings();
  checkVariables(spec, report);
  const layers = spec.packs.map((pack, index) => {
    const path = `spec.packs[${index}]`;
    const config = packConfig(pack, packs, path, report);
    if (config !== undefined) checkPack(spec, pack, config, path, report);
    else parseValues(pack.values ?? '', `${path}.values`, report);
    const asked = config?.dependencies.map((needed) => needed.pack) ?? [];
    return { name: pack.name, dependsOn: [...(pack.dependsOn ?? []), ...asked] };
  });
  const ordered = orderLayers(layers);
  if ('cycle' in ordered) report('DEPENDENCY_CYCLE', 'spec.packs', ordered.cycle.join(' → '));
  return findings;
}

function checkVariables({ variables = [] }: ClusterProfileSpec, report: Report): void {
  for (const [index, variable] of variables.entries()) {
    const path = `spec.variables[${index}]`;
    const { name, default: standard, sensitive, pattern } = variable;
    if (pattern !== undefined && fitsPattern(pattern, '') === undefined)
      report('VARIABLE_INVALID', `${path}.pattern`, `${name}: the pattern cannot be used`);
    if (standard === undefined) continue;
    if (sensitive === true)
      report('VARIABLE_INVALID', `${path}.default`, `${name} is sensitive: only a Secret may give it`);
    else typed(variable, standard, `${path}.default`, report);
  }
}

function checkPack(
  { variables = [] }: ClusterProfileSpec,
  pack: PackReference,
  config: Parameters<typeof checkValues>[0],
  path: string,
  report: Report,
): void {
  const preset = config.presets.find(({ name }) => name === pack.preset);
  if (pack.preset !== undefined && preset === undefined) {
    const names = config.presets.map(({ name }) => name).join(', ');
    report('PACK_PRESET_UNKNOWN', `${path}.preset`, `${pack.preset}; there are: ${names}`);
  }
  const values = parseValues(pack.values ?? '', `${path}.values`, report);
  if (values === undefined) return;
  const defaults = new Map(
    variables.map(({ name, default: standard, sensitive = false }): [string, VariableValue] => [
      name,
      { value: isScalar(standard) ? standard : undefined, sensitive },
    ]),
  );
  const { open } = fillIn(values, defaults, `${path}.values`, report);
  const isKnown = [...variablesIn(values)].every((name) => defaults.get(name)?.value !== undefined);
  if (isKnown)
    checkValues(config, mergeValues(preset?.values ?? {}, open), `${path}.values`, report, { secret: false });
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
