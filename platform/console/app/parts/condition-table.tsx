import { Age } from './age.tsx';
import { Empty } from './empty.tsx';
import { ScrollTable } from './scroll-table.tsx';
import { State } from './state.tsx';
import { TableHead } from './table-head.tsx';

export interface ShownCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
}

/** Conditions whose being true is bad. */
const BAD_WHEN_TRUE = new Set(['HubBehind']);

export function ConditionTable({
  conditions,
}: {
  readonly conditions: readonly ShownCondition[] | undefined;
}) {
  if (conditions === undefined || conditions.length === 0)
    return <Empty title="Nothing was said of it yet." />;
  return (
    <ScrollTable label="Conditions">
      <TableHead columns={['Condition', 'Is', 'Since', 'Why']} />
      <tbody>
        {conditions.map(({ type, status, reason, message, lastTransitionTime }) => (
          <tr key={type}>
            <th scope="row">{type}</th>
            <td>
              {BAD_WHEN_TRUE.has(type) ? (
                <State state={status} tone={status === 'True' ? 'bad' : 'good'} />
              ) : (
                <State state={status} />
              )}
            </td>
            <td>
              <Age at={lastTransitionTime} />
            </td>
            <td>
              {reason}
              {message === '' ? '' : `: ${message}`}
            </td>
          </tr>
        ))}
      </tbody>
    </ScrollTable>
  );
}
