import { Link } from '@tanstack/react-router';
import { stateOf } from '../../../client/cluster-state.ts';
import { usePages } from '../hub/pages.ts';
import { Age } from '../parts/age.tsx';
import { State } from '../parts/state.tsx';
import { needAttention } from './attention.ts';

const MOST = 8;
/** What needs a person comes first in the hub's own order. */
const WISH = { sort: 'state', limit: 25 } as const;

/** What somebody should look at now. */
export function Attention({ project }: { readonly project: string | undefined }) {
  const { data } = usePages('clusters', project, WISH);
  const clusters = data?.pages.flatMap(({ items }) => items) ?? [];
  const all = needAttention(clusters);
  return (
    <section aria-labelledby="attention">
      <h2 id="attention">Needs a person</h2>
      {all.length === 0 ? (
        <p>Nothing. All clusters are as they should be, or on their way.</p>
      ) : (
        <ul className="attention">
          {all.slice(0, MOST).map(({ cluster, why, since }) => (
            <li key={`${cluster.project}/${cluster.name}`}>
              <State state={stateOf(cluster)} />
              <Link to="/clusters/$project/$name" params={{ project: cluster.project, name: cluster.name }}>
                {cluster.name}
              </Link>
              <span className="why">{why}</span>
              <span className="faint">
                <Age at={since} none="" />
              </span>
            </li>
          ))}
          {all.length > MOST ? <li className="faint">and more, first in the list below</li> : null}
        </ul>
      )}
    </section>
  );
}
