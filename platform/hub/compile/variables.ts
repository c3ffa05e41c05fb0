import type { ProfileUse } from '../../api/cluster.ts';
import type { Variable } from '../../api/cluster-profile.ts';
import type { SecretUse } from '../lent-secret.ts';
import type { Report } from './finding.ts';
import { fitsPattern } from './pattern.ts';

/** What a variable stands for in one cluster. */
export interface VariableValue {
  /** Absent where nobody gave one: what it stands in is left out then. */
  readonly value: string | number | boolean | undefined;
  readonly sensitive: boolean;
}

export type VariableValues = ReadonlyMap<string, VariableValue>;

/** The text of a Secret's key; undefined when there is none, and why where it may not be used so. */
export type SecretText = (
  name: string,
  key: string,
  use: SecretUse,
) => string | { readonly refused: string } | undefined;

/** The variables of a profile with the values that a cluster gives; `path` is that of the profile in the cluster's spec. */
export function resolveVariables(
  declared: readonly Variable[],
  { variables: given = [] }: ProfileUse,
  secretText: SecretText,
  path: string,
  report: Report,
): VariableValues {
  for (const [index, { name }] of given.entries()) {
    if (!declared.some((variable) => variable.name === name))
      report('VARIABLE_UNKNOWN', `${path}.variables[${index}].name`, name);
  }
  return new Map(
    declared.map((variable) => {
      const index = given.findIndex(({ name }) => name === variable.name);
      const where = index === -1 ? `${path}.variables` : `${path}.variables[${index}]`;
      const raw = rawValue(variable, given[index], secretText, where, report);
      if (raw === undefined && variable.required === true && given[index] === undefined)
        report('VARIABLE_MISSING', where, variable.name);
      const value = raw === undefined ? undefined : typed(variable, raw, where, report);
      return [variable.name, { value, sensitive: variable.sensitive === true }];
    }),
  );
}

type Given = NonNullable<ProfileUse['variables']>[number];

function rawValue(
  { name, sensitive = false, default: standard }: Variable,
  given: Given | undefined,
  secretText: SecretText,
  path: string,
  report: Report,
): unknown {
  if (given === undefined) return sensitive ? undefined : standard;
  if (given.secret === undefined) {
    if (sensitive) return report('VARIABLE_INVALID', `${path}.value`, `${name} is given by a Secret only`);
    return given.value ?? report('VARIABLE_MISSING', `${path}.value`, name);
  }
  if (!sensitive) {
    // Its value would stand in the envelope for all to read.
    return report('VARIABLE_INVALID', `${path}.secret`, `${name} is not declared as sensitive`);
  }
  if (given.value !== undefined)
    return report('VARIABLE_INVALID', `${path}.value`, `${name} is given by a Secret only`);
  const { name: secret, key } = given.secret;
  const text = secretText(secret, key, { purpose: 'variables' });
  if (typeof text === 'object')
    return report('SECRET_NOT_LENT', `${path}.secret`, `Secret ${secret}: ${text.refused}`);
  return text ?? report('SECRET_MISSING', `${path}.secret`, `Secret ${secret}, key ${key}`);
}

/** The value in the type that was declared. What is wrong is said without the value: it may be a secret. */
export function typed(
  { name, type = 'string', pattern, sensitive = false }: Variable,
  raw: unknown,
  path: string,
  report: Report,
): string | number | boolean | undefined {
  const invalid = (detail: string) => report('VARIABLE_INVALID', path, `${name}: ${detail}`);
  // A Secret holds texts only.
  const value = sensitive && typeof raw === 'string' ? fromText(raw, type) : raw;
  if (type === 'integer') return isInteger(value) ? value : invalid('not an integer');
  if (type === 'boolean') return typeof value === 'boolean' ? value : invalid('not true or false');
  if (typeof value !== 'string') return invalid('not a text');
  if (pattern === undefined) return value;
  const fits = fitsPattern(pattern, value);
  if (fits === undefined) return invalid(`its pattern ${pattern} cannot be used`);
  return fits ? value : invalid(`does not match ${pattern}`);
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function fromText(text: string, type: NonNullable<Variable['type']>): unknown {
  if (type === 'integer') return /^-?[0-9]+$/.test(text.trim()) ? Number(text) : text;
  if (type === 'boolean') return text.trim() === 'true' ? true : text.trim() === 'false' ? false : text;
  return text;
}
