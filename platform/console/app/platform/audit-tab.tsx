import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../hub/call.ts';
import { Age } from '../parts/age.tsx';
import { countText } from '../parts/count-text.ts';
import { Empty, Loading } from '../parts/empty.tsx';
import { TextField } from '../parts/field.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { ScrollTable } from '../parts/scroll-table.tsx';
import { State } from '../parts/state.tsx';
import { TableHead } from '../parts/table-head.tsx';
import { auditLines, filterLines, linesOf } from './audit-log.ts';
import { lastPage, type ReadAuditPage } from './audit-pages.ts';
import { ChainWalk } from './chain.ts';

const read: ReadAuditPage = async (page) => await call('GET /api/v1/audit', { query: { page } });
const TONES = { done: 'good', refused: 'warn', failed: 'bad' } as const;

/** Who did what in or through the hub; and whether the record is whole. */
export function AuditTab({ maySee }: { readonly maySee: boolean }) {
  if (!maySee)
    return (
      <Empty title="Your roles don’t show the audit.">
        <p>It takes skerry-auditor for the whole platform.</p>
      </Empty>
    );
  return (
    <>
      <ChainCheck />
      <AuditLines />
    </>
  );
}

function AuditLines() {
  const [words, setWords] = useState('');
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage, refetch } = useInfiniteQuery({
    queryKey: ['audit'],
    queryFn: async ({ pageParam }) => (pageParam === 0 ? await lastPage(read) : await read(pageParam)),
    initialPageParam: 0,
    // The page before may have left: then the same one comes again.
    getNextPageParam: (page, all) =>
      page.page > 1 && all.filter((each) => each.page === page.page).length === 1 ? page.page - 1 : undefined,
  });
  if (data === undefined)
    return error === null ? (
      <Loading what="the audit" />
    ) : (
      <ProblemNote error={error} retry={() => void refetch()} />
    );
  const pages = data.pages.filter(
    (page, index) => data.pages.findIndex(({ page: number }) => number === page.page) === index,
  );
  const lines = filterLines(
    pages.flatMap(({ lines: text }) => auditLines(text)),
    words,
  );
  return (
    <>
      <TextField
        label="Filter"
        type="search"
        value={words}
        onValue={setWords}
        hint="Words of a user, an action, an object, a result or a code; all of them must be there."
      />
      <p role="status" className="faint">
        {countText(lines.length, 'line')}
        {hasNextPage ? ' of the pages that were read' : ''}
      </p>
      {lines.length === 0 ? (
        <Empty title="No line is like that." />
      ) : (
        <ScrollTable label="Audit, the latest first">
          <TableHead columns={['When', 'Who', 'Did', 'To', 'Result', 'More']} />
          <tbody>
            {lines.slice(0, 500).map((line) => (
              <tr key={line.id}>
                <td>
                  <Age at={line.time} />
                </td>
                <td>{line.actor}</td>
                <td>{line.action}</td>
                <td>{line.subject}</td>
                <td>
                  <State state={line.result} tone={TONES[line.result as keyof typeof TONES] ?? 'quiet'} />
                </td>
                <td>
                  {line.code === undefined ? null : <code>{line.code}</code>} {line.detail}
                </td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
      {hasNextPage ? (
        <button type="button" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {isFetchingNextPage ? 'Reading…' : 'Read what was before'}
        </button>
      ) : null}
    </>
  );
}

function ChainCheck() {
  const [lines, setLines] = useState(0);
  const checking = useMutation({
    mutationFn: async () => {
      const walk = new ChainWalk(async (bytes) => await crypto.subtle.digest('SHA-256', bytes));
      for (let next: number | undefined = 1; next !== undefined; ) {
        const page = await read(next);
        await walk.add(linesOf(page.lines));
        setLines(walk.result.lines);
        next = page.next;
      }
      return walk.result;
    },
  });
  const { data: found } = checking;
  return (
    <section aria-labelledby="chain" className="card">
      <h2 id="chain">Is the record whole?</h2>
      <p>
        Each line names the SHA-256 of the line before. Your browser can go through all of them, and see
        whether one was changed, cut out or put in.
      </p>
      <button type="button" disabled={checking.isPending} onClick={() => checking.mutate()}>
        {checking.isPending ? `Checking, ${lines} lines…` : 'Check the chain'}
      </button>
      <div role="status">
        {found === undefined ? null : found.broken === undefined ? (
          <>
            <p>
              <State state="whole" tone="good" /> {found.lines} lines, each follows on the one before
              {found.after === undefined ? '' : '; earlier ones have left'}.
            </p>
            <p>
              Head <code>{found.head}</code>. Keep it elsewhere: with it anyone can tell later that nothing up
              to here was changed.
            </p>
          </>
        ) : (
          <p>
            <State state="broken" tone="bad" /> Line {found.broken} of {found.lines} does not follow on the
            one before.
          </p>
        )}
      </div>
      <ProblemNote error={checking.error} />
    </section>
  );
}
