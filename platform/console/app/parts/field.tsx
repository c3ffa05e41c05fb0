import { type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, useId } from 'react';

interface Said {
  readonly label: string;
  readonly hint?: ReactNode;
  /** What is wrong with it. */
  readonly problem?: string | undefined;
}

function describedBy(id: string, { hint, problem }: Said) {
  const ids = [
    ...(hint === undefined ? [] : [`${id}-hint`]),
    ...(problem === undefined ? [] : [`${id}-problem`]),
  ];
  return ids.length === 0 ? {} : { 'aria-describedby': ids.join(' ') };
}

function Notes({ id, hint, problem }: Pick<Said, 'hint' | 'problem'> & { readonly id: string }) {
  return (
    <>
      {hint === undefined ? null : (
        <span className="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {problem === undefined ? null : (
        <span className="field-problem" id={`${id}-problem`}>
          {problem}
        </span>
      )}
    </>
  );
}

export function TextField({
  label,
  hint,
  problem,
  onValue,
  ...input
}: Said & { readonly onValue: (value: string) => void } & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        autoComplete="off"
        spellCheck={false}
        {...input}
        id={id}
        aria-invalid={problem !== undefined}
        {...describedBy(id, { label, hint, problem })}
        onChange={({ target }) => onValue(target.value)}
      />
      <Notes id={id} hint={hint} problem={problem} />
    </div>
  );
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

export function SelectField({
  label,
  hint,
  problem,
  choices,
  onValue,
  ...select
}: Said & {
  readonly choices: readonly Choice[];
  readonly onValue: (value: string) => void;
} & SelectHTMLAttributes<HTMLSelectElement>) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select
        {...select}
        id={id}
        aria-invalid={problem !== undefined}
        {...describedBy(id, { label, hint, problem })}
        onChange={({ target }) => onValue(target.value)}
      >
        {choices.map(({ value, label: text }) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
      <Notes id={id} hint={hint} problem={problem} />
    </div>
  );
}

export function CheckField({
  label,
  hint,
  checked,
  onValue,
}: Said & { readonly checked: boolean; readonly onValue: (value: boolean) => void }) {
  const id = useId();
  return (
    <div className="field check">
      <input
        type="checkbox"
        id={id}
        checked={checked}
        {...describedBy(id, { label, hint })}
        onChange={({ target }) => onValue(target.checked)}
      />
      <label htmlFor={id}>{label}</label>
      <Notes id={id} hint={hint} />
    </div>
  );
}
