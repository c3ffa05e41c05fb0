import { Empty, Loading } from '../parts/empty.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { ScrollTable } from '../parts/scroll-table.tsx';
import { TableHead } from '../parts/table-head.tsx';
import { usePacks } from '../profiles/catalogue.ts';
import { useProject } from '../shell/project.ts';

/** The packs that profiles may name, by digest. */
export function PackTable() {
  const { data: packs, error, refetch } = usePacks(useProject());
  if (packs === undefined)
    return error === null ? (
      <Loading what="packs" />
    ) : (
      <ProblemNote error={error} retry={() => void refetch()} />
    );
  if (packs.length === 0)
    return (
      <Empty title="The registry has no packs.">
        <p>
          Import a bundle that has some: <code>skerry mirror import</code>.
        </p>
      </Empty>
    );
  return (
    <ScrollTable label="Packs in the registry">
      <TableHead columns={['Pack', 'Newest', 'Layer', 'Digest', 'Description']} />
      <tbody>
        {packs.map(({ name, version, layer, digest, description, unreadable }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{version}</td>
            <td>{layer}</td>
            <td>
              <code>{digest}</code>
            </td>
            <td>
              {unreadable === undefined ? (
                description
              ) : (
                <>
                  can’t be read: <code>{unreadable.code}</code> {unreadable.detail}
                </>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </ScrollTable>
  );
}
