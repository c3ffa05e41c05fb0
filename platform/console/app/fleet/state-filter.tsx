import { Link } from '@tanstack/react-router';
import { State } from '../parts/state.tsx';

interface StateFilterProps {
  readonly counts: readonly (readonly [string, number])[];
  readonly total: number;
  readonly state: string | undefined;
}

/** How many clusters are in each state; each a way to see them alone. */
export function StateFilter({ counts, total, state }: StateFilterProps) {
  return (
    <ul className="chips" aria-label="States">
      <li>
        <Link
          to="/fleet"
          search={(before) => ({ ...before, state: undefined })}
          aria-current={state === undefined ? 'true' : undefined}
        >
          All <b>{total}</b>
        </Link>
      </li>
      {counts.map(([each, count]) => (
        <li key={each}>
          <Link
            to="/fleet"
            search={(before) => ({ ...before, state: each })}
            aria-current={state === each ? 'true' : undefined}
          >
            <State state={each} /> <b>{count}</b>
          </Link>
        </li>
      ))}
    </ul>
  );
}
