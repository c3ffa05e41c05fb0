import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { type ListWish, usePages } from '../hub/pages.ts';
import { problemOf } from '../hub/problem.ts';
import { countText } from '../parts/count-text.ts';
import { Empty, Loading } from '../parts/empty.tsx';
import { Page } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { Attention } from './attention-list.tsx';
import { ClusterTable } from './cluster-table.tsx';
import { countStates } from './state-counts.ts';
import { StateFilter } from './state-filter.tsx';

const route = getRouteApi('/fleet');
const PAGE = 100;

/** All clusters: what needs a person first, then everything, filtered as the address says. */
export function FleetPage() {
  const { project, text, state, sort = 'state' } = route.useSearch();
  const navigate = useNavigate({ from: '/fleet' });
  const wish: ListWish = { filter: text, state, sort, limit: PAGE };
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = usePages(
    'clusters',
    project,
    wish,
  );
  const newCluster = (
    <Link to="/new-cluster" search={project === undefined ? {} : { project }} className="button primary">
      New cluster
    </Link>
  );
  if (error !== null && problemOf(error).status === 403)
    return (
      <Page title="Fleet">
        <Empty title="You are in no project yet.">
          <p>
            Ask an administrator of the platform to make you a member of one.{' '}
            <Link to="/access">See who you are, and what you may do</Link>
          </p>
        </Empty>
      </Page>
    );
  if (data === undefined)
    return (
      <Page title="Fleet" actions={newCluster}>
        {error === null ? (
          <Loading what="clusters" />
        ) : (
          <ProblemNote error={error} retry={() => void refetch()} />
        )}
      </Page>
    );
  const clusters = data.pages.flatMap(({ items }) => items);
  const [first] = data.pages;
  const states = countStates(first?.states ?? {});
  const all = states.reduce((sum, [, count]) => sum + count, 0);
  const isFiltered = text !== undefined || state !== undefined;
  if (clusters.length === 0 && !isFiltered)
    return (
      <Page title="Fleet" actions={newCluster}>
        <Empty title="There are no clusters yet.">
          <p>Join one that you have, or have one made where the platform knows a cloud account.</p>
        </Empty>
      </Page>
    );
  return (
    <Page title="Fleet" actions={newCluster}>
      <Attention project={project} />
      <h2>Clusters</h2>
      <StateFilter counts={states} total={all} state={state} />
      <label className="filter">
        <span>Filter</span>
        <input
          type="search"
          value={text ?? ''}
          placeholder="name, project, profile, label"
          onChange={({ target }) =>
            void navigate({ search: (before) => ({ ...before, text: target.value }), replace: true })
          }
        />
      </label>
      <p role="status" className="faint">
        {countText(first?.total ?? clusters.length, 'cluster')}
        {isFiltered ? ' like that' : ''}
      </p>
      {clusters.length === 0 ? (
        <Empty title="No cluster is like that.">
          <p>
            <Link to="/fleet" search={({ project: same }) => ({ project: same })}>
              Show all clusters
            </Link>
          </p>
        </Empty>
      ) : (
        <ClusterTable clusters={clusters} sort={sort} />
      )}
      {hasNextPage ? (
        <button type="button" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {isFetchingNextPage ? 'Reading…' : 'Show more'}
        </button>
      ) : null}
      <ProblemNote error={error} retry={() => void refetch()} />
    </Page>
  );
}
