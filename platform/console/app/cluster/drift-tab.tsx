import type { Cluster } from '../../../client/kinds.ts';
import { useChange } from '../hub/change.ts';
import { useObjects } from '../hub/objects.ts';
import { ActionButton } from '../parts/action-button.tsx';
import { Age } from '../parts/age.tsx';
import { countText } from '../parts/count-text.ts';
import { Empty } from '../parts/empty.tsx';
import { State } from '../parts/state.tsx';
import { type DriftItem, decisionOn } from './drift-decision.ts';

interface DriftTabProps {
  readonly cluster: Cluster;
  readonly mayChange: boolean;
}

const MODES = {
  observe: 'reported, and left as it is',
  alert: 'reported with an alert, and left as it is',
  correct: 'put back',
};

/** What somebody else changed in what the profiles own: what was declared, what was found, who and when. */
export function DriftTab({ cluster, mayChange }: DriftTabProps) {
  const { status, spec } = cluster;
  const items = status?.drift?.top ?? [];
  const mode = spec.policy?.drift?.mode ?? 'correct';
  return (
    <>
      <p>
        {status?.drift === undefined
          ? 'Its agent has not said yet what differs.'
          : `${status.drift.count === 0 ? 'Nothing differs' : countText(status.drift.count, 'object differs', 'objects differ')} now.`}{' '}
        Where a pack says nothing else, drift of this cluster is{' '}
        {mode === 'observe' || mode === 'alert' ? MODES[mode] : MODES.correct}.
      </p>
      {items.length === 0 ? (
        <Empty title="Nobody changed what the profiles own." />
      ) : (
        items.map((item) => (
          <DriftCard
            key={`${item.layer} ${item.object} ${item.at}`}
            cluster={cluster}
            item={item}
            mayChange={mayChange}
          />
        ))
      )}
      <Ignored cluster={cluster} mayChange={mayChange} />
    </>
  );
}

function DriftCard({ cluster, item, mayChange }: DriftTabProps & { readonly item: DriftItem }) {
  const layer = cluster.status?.layers?.find(({ name }) => name === item.layer);
  return (
    <article className="card" aria-label={item.object}>
      <h2>{item.object}</h2>
      <div className="columns">
        <div>
          <h3>Declared</h3>
          <p>
            by layer {item.layer}
            {layer === undefined ? '' : ` ${layer.version}`}
          </p>
        </div>
        <div>
          <h3>Found</h3>
          <p>
            {item.what === 'deleted' ? 'the object is gone' : null}
            {item.fields.map((field) => (
              <code key={field} className="block">
                {field}
              </code>
            ))}
          </p>
          <p>
            <State state={item.state} /> {item.code === undefined ? null : <code>{item.code}</code>}
          </p>
        </div>
        <div>
          <h3>Who, when</h3>
          <p>{item.by ?? 'not known: nobody is said to own it now'}</p>
          <p>
            <Age at={item.at} />
          </p>
        </div>
      </div>
      {mayChange ? <Decide cluster={cluster} item={item} /> : null}
    </article>
  );
}

function Decide({ cluster, item }: { readonly cluster: Cluster; readonly item: DriftItem }) {
  const { patch } = useChange('clusters');
  const { data: profiles = [] } = useObjects('clusterprofiles', cluster.project);
  const decision = decisionOn(cluster, item, profiles);
  if (decision.kind === 'pack')
    return (
      <p className="faint">
        The pack says itself in profile {decision.profile} what is done about its drift: make another version
        of the profile to change that.
      </p>
    );
  const { putBack, accept } = decision;
  if (putBack === undefined && accept === undefined) return null;
  return (
    <div className="row">
      {putBack === undefined ? null : (
        <ActionButton
          label="Put back"
          title="Put back what differs?"
          act={async () => await patch(cluster, { spec: { policy: { drift: putBack } } })}
        >
          <p>
            The policy of {cluster.name} becomes “put back”, for this and for all else that differs now or
            later, where a pack says nothing else.
          </p>
        </ActionButton>
      )}
      {accept === undefined ? null : (
        <ActionButton
          label="Accept"
          title="Accept what was found?"
          act={async () => await patch(cluster, { spec: { policy: { drift: accept } } })}
        >
          <p>From now on the agent leaves these fields of {item.object} to others in this cluster:</p>
          <ul>
            {item.fields.map((field) => (
              <li key={field}>
                <code>{field}</code>
              </li>
            ))}
          </ul>
        </ActionButton>
      )}
    </div>
  );
}

/** What was accepted before, which can be taken back. */
function Ignored({ cluster, mayChange }: DriftTabProps) {
  const { patch } = useChange('clusters');
  const policy = cluster.spec.policy?.drift;
  const ignored = policy?.ignore ?? [];
  if (policy === undefined || ignored.length === 0) return null;
  return (
    <section aria-labelledby="accepted">
      <h2 id="accepted">Accepted in this cluster</h2>
      <ul>
        {ignored.map((entry) => (
          <li key={`${entry.kind} ${entry.name} ${entry.field}`} className="row">
            <span>
              {entry.kind} {entry.name} <code>{entry.field}</code>
            </span>
            {mayChange ? (
              <ActionButton
                label="No longer accept"
                title="No longer accept it?"
                act={async () =>
                  await patch(cluster, {
                    spec: {
                      policy: { drift: { ...policy, ignore: ignored.filter((each) => each !== entry) } },
                    },
                  })
                }
              >
                <p>What differs there counts as drift again.</p>
              </ActionButton>
            ) : null}
          </li>
        ))}
      </ul>
    </section>
  );
}
