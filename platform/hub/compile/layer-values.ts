import { parseDocument } from 'yaml';
import { isJsonObject, type JsonObject } from '../../../apply/json.ts';
import type { PackConfig } from '../../../content/pack-format.ts';
import type { PackReference } from '../../api/cluster-profile.ts';
import { checkValues } from './check-values.ts';
import { type FilledValues, fillIn } from './fill-in.ts';
import type { Report } from './finding.ts';
import { mergeValues } from './merge-values.ts';
import type { VariableValues } from './variables.ts';

const MAX_ALIASES = 100;
/** All that goes through values calls itself for each level. */
const MAX_DEPTH = 100;

/** The values of a layer: the preset, the profile's values laid over it with variables filled in; checked. */
export function layerValues(
  pack: PackReference,
  config: PackConfig,
  variables: VariableValues,
  path: string,
  report: Report,
): FilledValues | undefined {
  const preset = presetOf(pack, config, path, report);
  const parsed = parseValues(pack.values ?? '', `${path}.values`, report);
  if (preset === undefined || parsed === undefined) return undefined;
  const { open, sealed } = fillIn(parsed, variables, `${path}.values`, report);
  const visible = mergeValues(preset, open);
  const secret = Object.keys(sealed).length > 0;
  checkValues(config, mergeValues(visible, sealed), `${path}.values`, report, { secret });
  return { open: visible, sealed };
}

/** The preset of a pack; empty when none is named. */
function presetOf(
  { preset }: PackReference,
  { presets }: PackConfig,
  path: string,
  report: Report,
): JsonObject | undefined {
  if (preset === undefined) return {};
  const names = presets.map(({ name }) => name).join(', ');
  const found = presets.find(({ name }) => name === preset);
  return found?.values ?? report('PACK_PRESET_UNKNOWN', `${path}.preset`, `${preset}; there are: ${names}`);
}

/** Values from YAML, as plain JSON. */
export function parseValues(text: string, path: string, report: Report): JsonObject | undefined {
  try {
    const document = parseDocument(text, { logLevel: 'silent', prettyErrors: true });
    const problem = document.errors[0];
    if (problem !== undefined) return report('VALUES_INVALID', path, problem.message.split('\n')[0] ?? '');
    // Through JSON, so that nothing is left that JSON has no word for.
    const values: unknown = JSON.parse(JSON.stringify(document.toJS({ maxAliasCount: MAX_ALIASES }) ?? {}));
    if (!isWithinDepth(values, MAX_DEPTH))
      return report('VALUES_INVALID', path, `nested more than ${MAX_DEPTH} deep`);
    return isJsonObject(values) ? values : report('VALUES_INVALID', path, 'not a mapping');
  } catch {
    return report('VALUES_INVALID', path, 'too many aliases, nested too deep, or numbers that are none');
  }
}

function isWithinDepth(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((inner) => isWithinDepth(inner, depth - 1));
}
