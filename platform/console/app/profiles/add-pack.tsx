import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { PackList } from '../../../client/operations.ts';
import { SelectField } from '../parts/field.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { readPack } from './catalogue.ts';
import { LAYER_NAMES, LAYERS, type PackUse } from './stack.ts';

interface AddPackProps {
  readonly project: string;
  /** Those that can be added. */
  readonly packs: PackList['items'];
  readonly onAdd: (pack: PackUse) => void;
}

/** Adds a pack of the catalogue in its newest version. */
export function AddPack({ project, packs, onAdd }: AddPackProps) {
  const [name, setName] = useState('');
  const adding = useMutation({
    mutationFn: async ({ name: wanted, version }: { name: string; version: string }) =>
      await readPack(project, wanted, version),
    onSuccess: ({ name: added, version, digest }) => {
      onAdd({ name: added, version, digest });
      setName('');
    },
  });
  const chosen = packs.find((pack) => pack.name === name);
  const sorted = LAYERS.flatMap((layer) => packs.filter((pack) => (pack.layer ?? 'addon') === layer));
  return (
    <div className="row end">
      <SelectField
        label="Add a pack"
        value={name}
        onValue={setName}
        hint={chosen?.description}
        choices={[
          { value: '', label: packs.length === 0 ? 'no further pack in the registry' : 'choose a pack' },
          ...sorted.map((pack) => ({
            value: pack.name,
            label: `${pack.name} ${pack.version} (${LAYER_NAMES[LAYERS.find((layer) => layer === pack.layer) ?? 'addon']})`,
          })),
        ]}
      />
      <button
        type="button"
        disabled={chosen === undefined || adding.isPending}
        onClick={() => chosen !== undefined && adding.mutate(chosen)}
      >
        {adding.isPending ? 'Reading…' : 'Add'}
      </button>
      <ProblemNote error={adding.error} />
    </div>
  );
}
