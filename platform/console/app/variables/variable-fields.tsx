import { TextField } from '../parts/field.tsx';
import type { TypedValues, Variable } from './variable-values.ts';

interface VariableFieldsProps {
  readonly variables: readonly Variable[];
  readonly typed: TypedValues;
  readonly onTyped: (typed: TypedValues) => void;
  readonly problemAt: (name: string) => string | undefined;
}

/** What differs from cluster to cluster, as the profile declares it. */
export function VariableFields({ variables, typed, onTyped, problemAt }: VariableFieldsProps) {
  if (variables.length === 0) return null;
  return (
    <fieldset>
      <legend>Variables of the profile</legend>
      <div className="columns">
        {variables.map((variable) => (
          <TextField
            key={variable.name}
            label={`Variable ${variable.name}`}
            value={typed[variable.name] ?? ''}
            onValue={(value) => onTyped({ ...typed, [variable.name]: value })}
            placeholder={variable.sensitive === true ? 'SECRET/KEY' : placeholderOf(variable)}
            hint={hintOf(variable)}
            problem={problemAt(variable.name)}
          />
        ))}
      </div>
    </fieldset>
  );
}

function placeholderOf({ default: standard }: Variable): string | undefined {
  return standard === undefined ? undefined : String(standard);
}

function hintOf({ description, type = 'string', sensitive, required, default: standard }: Variable): string {
  return [
    description,
    sensitive === true ? 'the name of a Secret and a key in it' : type === 'boolean' ? 'true or false' : type,
    standard === undefined ? (required === true ? 'required' : undefined) : 'the default when empty',
  ]
    .filter((part) => part !== undefined)
    .join('; ');
}
