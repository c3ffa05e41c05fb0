import type { Cluster, Profile } from '../../../client/kinds.ts';
import type { FieldProblem } from '../hub/problem.ts';

export type Variable = NonNullable<Profile['spec']['variables']>[number];
type ProfileUse = NonNullable<Cluster['spec']['profiles']>[number];
type VariableValue = NonNullable<ProfileUse['variables']>[number];

/** What stands in the fields of variables, by their names. */
export type TypedValues = Readonly<Record<string, string>>;

/** What was typed, as a cluster has it; what is empty is left to the profile's default. */
export function variableValues(declared: readonly Variable[], typed: TypedValues): VariableValue[] {
  return declared.flatMap((variable): VariableValue[] => {
    const text = (typed[variable.name] ?? '').trim();
    if (text === '') return [];
    if (variable.sensitive !== true) return [{ name: variable.name, value: textValue(variable, text) }];
    const [name = '', key = ''] = text.split('/');
    return [{ name: variable.name, secret: { name, key } }];
  });
}

/** The values that a cluster gives, as they are typed. */
export function typedValues(given: readonly VariableValue[] = []): TypedValues {
  return Object.fromEntries(
    given.map(({ name, value, secret }) => [
      name,
      secret === undefined ? String(value ?? '') : `${secret.name}/${secret.key}`,
    ]),
  );
}

/** What the hub found wrong with one variable of a profile that stands at `path` in what was sent. */
export function variableProblem(
  problems: readonly FieldProblem[],
  path: string,
  sent: readonly VariableValue[],
  name: string,
): string | undefined {
  const index = sent.findIndex((value) => value.name === name);
  const found = problems.find((problem) =>
    index === -1
      ? problem.path === `${path}.variables` && problem.detail === name
      : problem.path.startsWith(`${path}.variables[${index}]`),
  );
  if (found === undefined) return undefined;
  return index === -1 ? 'It needs a value.' : (found.detail ?? found.message);
}

// What is no integer and neither true nor false goes as it was typed: the hub says what it should be.
function textValue({ type }: Variable, text: string): string | number | boolean {
  if (type === 'integer' && /^-?[0-9]+$/.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}
