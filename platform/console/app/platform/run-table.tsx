import type { Operations } from '../../../client/operations.ts';
import { Age } from '../parts/age.tsx';
import { ScrollTable } from '../parts/scroll-table.tsx';
import { State } from '../parts/state.tsx';
import type { Tone } from '../parts/state-tone.ts';
import { TableHead } from '../parts/table-head.tsx';
import { FaultCell } from './fault-cell.tsx';

type Installation = NonNullable<Operations['GET /api/v1/platform/installation']['answer']['installation']>;

/** Of runs and of their phases. */
const TONES: Readonly<Record<string, Tone>> = {
  waiting: 'quiet',
  running: 'busy',
  done: 'good',
  failed: 'bad',
  stopped: 'warn',
  'cut-off': 'warn',
};

/** Who installed, upgraded or went back, the latest first. */
export function RunTable({ runs }: { readonly runs: Installation['history'] }) {
  return (
    <ScrollTable label="Runs of the installer, the latest first">
      <TableHead columns={['What', 'Release', 'Result', 'Begun', 'By', 'Why']} />
      <tbody>
        {runs.toReversed().map(({ action, release, outcome, startedAt, by, error }) => (
          <tr key={`${action} ${startedAt}`}>
            <th scope="row">{action}</th>
            <td>
              {release.name} {release.version}
            </td>
            <td>
              <State state={outcome} tone={TONES[outcome] ?? 'unknown'} />
            </td>
            <td>
              <Age at={startedAt} />
            </td>
            <td>{by}</td>
            <FaultCell error={error} />
          </tr>
        ))}
      </tbody>
    </ScrollTable>
  );
}

/** How far a run has come, phase by phase. */
export function PhaseTable({
  label,
  phases,
}: {
  readonly label: string;
  readonly phases: Installation['phases'];
}) {
  return (
    <ScrollTable label={label}>
      <TableHead columns={['Phase', 'State', 'Begun', 'By', 'Why']} />
      <tbody>
        {phases.map(({ id, state, startedAt, by, error }) => (
          <tr key={id}>
            <th scope="row">{id}</th>
            <td>
              <State state={state} tone={TONES[state] ?? 'unknown'} />
            </td>
            <td>
              <Age at={startedAt} none="" />
            </td>
            <td>{by}</td>
            <FaultCell error={error} />
          </tr>
        ))}
      </tbody>
    </ScrollTable>
  );
}
