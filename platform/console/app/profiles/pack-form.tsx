import { lazy, Suspense, useMemo, useState } from 'react';
import { problemsIn } from '../editor/hub-problems.ts';
import type { FieldProblem } from '../hub/problem.ts';
import { Loading } from '../parts/empty.tsx';
import { SelectField, TextField } from '../parts/field.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { readPack, usePack, usePackVersions } from './catalogue.ts';
import type { DraftChange } from './draft.ts';
import type { PackUse } from './stack.ts';

const YamlEditor = lazy(async () => ({ default: (await import('../editor/yaml-editor.tsx')).YamlEditor }));

interface PackFormProps {
  readonly project: string;
  readonly pack: PackUse;
  /** Where it is in what is sent, as `spec.packs[0]`. */
  readonly field: string;
  readonly problems: readonly FieldProblem[];
  readonly place: { readonly index: number; readonly count: number };
  readonly onChange: (change: DraftChange) => void;
  readonly onRemove: () => void;
}

/** One pack of a profile that is being made. */
export function PackForm({ project, pack, field, problems, place, onChange, onRemove }: PackFormProps) {
  const { name, version } = pack;
  const { data: versions = [] } = usePackVersions(project, name);
  const { data: details, error } = usePack(project, name, version);
  const [failure, setFailure] = useState<unknown>();
  const set = (fields: Partial<PackUse>) => onChange({ type: 'pack', name, fields });
  const values = pack.values ?? '';
  const marks = useMemo(() => problemsIn(values, `${field}.values`, problems), [values, field, problems]);
  const others = problems.filter(
    ({ path }) => path.startsWith(field) && !path.startsWith(`${field}.values`) && path.length > field.length,
  );
  const choose = async (wanted: string) => {
    setFailure(undefined);
    try {
      const { digest } = await readPack(project, name, wanted);
      set({ version: wanted, digest });
    } catch (thrown) {
      setFailure(thrown);
    }
  };
  return (
    <section className="card" aria-labelledby="pack">
      <div className="row">
        <h3 id="pack">{name}</h3>
        <span className="faint">{details?.description}</span>
      </div>
      <ProblemNote error={failure ?? error} />
      {others.map(({ path, message }) => (
        <p key={path} className="field-problem">
          {path.slice(field.length + 1)}: {message}
        </p>
      ))}
      <div className="columns">
        <SelectField
          label="Version of the pack"
          value={version}
          onValue={(wanted) => void choose(wanted)}
          choices={[...new Set([version, ...versions.map((each) => each.version)])].map((each) => ({
            value: each,
            label: each,
          }))}
        />
        <SelectField
          label="Preset"
          value={pack.preset ?? ''}
          onValue={(preset) => set({ preset })}
          hint={details?.presets.find((preset) => preset.name === pack.preset)?.description}
          choices={[
            { value: '', label: 'none' },
            ...(details?.presets ?? []).map((preset) => ({ value: preset.name, label: preset.name })),
          ]}
        />
        <TextField
          label="Namespace"
          value={pack.namespace ?? ''}
          onValue={(namespace) => set({ namespace: namespace === '' ? undefined : namespace })}
          placeholder={name}
        />
      </div>
      <h4>Values</h4>
      <Suspense fallback={<Loading what="the editor" />}>
        <YamlEditor
          label={`Values of ${name}`}
          value={values}
          onValue={(text) => set({ values: text })}
          schema={details?.valuesSchema ?? {}}
          defaults={details?.values}
          problems={marks}
        />
      </Suspense>
      {marks.length === 0 ? null : (
        <ul className="field-problem" aria-label={`Problems in the values of ${name}`}>
          {marks.map(({ from, message }) => (
            <li key={`${from} ${message}`}>
              line {values.slice(0, from).split('\n').length}: {message}
            </li>
          ))}
        </ul>
      )}
      <div className="row">
        <button
          type="button"
          disabled={place.index === 0}
          onClick={() => onChange({ type: 'move', name, by: -1 })}
        >
          Apply earlier
        </button>
        <button
          type="button"
          disabled={place.index === place.count - 1}
          onClick={() => onChange({ type: 'move', name, by: 1 })}
        >
          Apply later
        </button>
        <span className="faint">
          {place.index + 1} of {place.count} in order
        </span>
        <button
          type="button"
          className="dangerous"
          onClick={() => {
            onChange({ type: 'remove', name });
            onRemove();
          }}
        >
          Take {name} out
        </button>
      </div>
    </section>
  );
}
