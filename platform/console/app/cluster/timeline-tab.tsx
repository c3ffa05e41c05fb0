import type { Cluster } from '../../../client/kinds.ts';
import { useObjects } from '../hub/objects.ts';
import { Age } from '../parts/age.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { timelineOf } from './timeline.ts';

/** All that happened to a cluster, in one order. */
export function TimelineTab({ cluster }: { readonly cluster: Cluster }) {
  const revisions = useObjects('clusterrevisions', cluster.project);
  const alerts = useObjects('alerts', cluster.project);
  const entries = timelineOf({ cluster, revisions: revisions.data ?? [], alerts: alerts.data ?? [] });
  return (
    <>
      <ProblemNote error={revisions.error ?? alerts.error} />
      <ol className="timeline">
        {entries.map(({ at, kind, text, by }) => (
          <li key={`${at} ${text}`}>
            <span className="when">
              <Age at={at} />
            </span>
            <span className="kind">{kind}</span>
            <span>
              {text}
              {by === undefined ? '' : ` · by ${by}`}
            </span>
          </li>
        ))}
      </ol>
      <p className="faint">
        Of each condition the latest change is known. What users and agents did before is in the audit, under
        Platform.
      </p>
    </>
  );
}
