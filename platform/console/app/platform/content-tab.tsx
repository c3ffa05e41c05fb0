import { Empty, Loading } from '../parts/empty.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { ScrollTable } from '../parts/scroll-table.tsx';
import { TableHead } from '../parts/table-head.tsx';
import { usePacks } from '../profiles/catalogue.ts';
import { useProject } from '../shell/project.ts';
import { OnTheWorkstation } from './on-the-workstation.tsx';

/** What the private registry holds for profiles, by digest. */
export function ContentTab() {
  const { data: packs, error, refetch } = usePacks(useProject());
  return (
    <>
      <h2>Packs in the registry</h2>
      {packs === undefined ? (
        error === null ? (
          <Loading what="packs" />
        ) : (
          <ProblemNote error={error} retry={() => void refetch()} />
        )
      ) : packs.length === 0 ? (
        <Empty title="The registry has no packs.">
          <p>
            Import a bundle that has some: <code>skerry mirror import</code>.
          </p>
        </Empty>
      ) : (
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
      )}
      <OnTheWorkstation
        title="Room, garbage, signatures and receipts"
        what="How full the registry is, what could be removed, and who signed what is known to the registry and to those who carry sticks."
        commands={[
          ['skerry registry usage', 'how much space what takes, and how much is left'],
          ['skerry registry gc --plan', 'what garbage collection would remove, and why the rest stays'],
          ['skerry registry check', 'whether all that is stored is what its digest says'],
          ['skerry bundle show', 'what a stick holds, who signed it, its cover sheet and receipt'],
        ]}
      />
    </>
  );
}
