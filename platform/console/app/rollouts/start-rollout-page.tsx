import { getRouteApi, Link } from '@tanstack/react-router';
import { useAccess } from '../hub/access.ts';
import { useChange } from '../hub/change.ts';
import { useCreateForm } from '../hub/create-form.ts';
import { type ObjectsByKind, useObjects } from '../hub/objects.ts';
import { Empty } from '../parts/empty.tsx';
import { SelectField, TextField } from '../parts/field.tsx';
import { Page } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { useSettled } from '../parts/settled.ts';
import { BatchPlan } from './batch-plan.tsx';
import { useWantedPlan } from './rollout-plan.ts';
import { FROM_LABEL, freeName, readLabels, targetsOf, versionBefore } from './rollout-state.ts';

const route = getRouteApi('/rollouts/start');
/** So long nothing is typed before the hub is asked. */
const SETTLED_MS = 400;

/** Begins to bring a version of a profile to the clusters that have the profile. */
export function StartRolloutPage() {
  const { project = '', profile: asked = '' } = route.useSearch();
  const navigate = route.useNavigate();
  const { data: profiles = [] } = useObjects('clusterprofiles', project);
  const { data: clusters = [] } = useObjects('clusters', project);
  const { data: rollouts = [] } = useObjects('rollouts', project);
  const { create } = useChange('rollouts');
  const { may } = useAccess(project);
  const {
    fields: form,
    set,
    sending: starting,
    problemAt,
    submit,
  } = useCreateForm({
    initial: {
      profile: asked,
      selector: '',
      batch: '',
      maxFailures: '0',
      soakSeconds: '60',
      offline: 'skip',
    },
    send: async (_, key) => await start(key),
    onSent: ({ name }) => void navigate({ to: '/rollouts/$project/$name', params: { project, name } }),
  });
  const profile = profiles.find(({ name }) => name === form.profile);
  const selector = readLabels(form.selector);
  const targets =
    profile === undefined || selector === undefined ? [] : targetsOf(clusters, profile.spec.name, selector);
  const changed = targets.filter(({ spec }) =>
    (spec.profiles ?? []).some(
      ({ name, version }) => name === profile?.spec.name && version !== profile.spec.version,
    ),
  );
  const wanted =
    profile === undefined || selector === undefined ? undefined : JSON.stringify(wantedOf(profile, selector));
  const plan = useWantedPlan(project, useSettled(wanted, SETTLED_MS));
  function wantedOf(
    { name, spec: { name: profileName, version } }: ObjectsByKind['clusterprofiles'],
    labels: Readonly<Record<string, string>>,
  ) {
    return {
      name: freeName(
        name,
        rollouts.map((each) => each.name),
      ),
      spec: {
        ...{ profile: profileName, version },
        ...(Object.keys(labels).length === 0 ? {} : { selector: labels }),
        ...(form.batch === '' ? {} : { batch: Number(form.batch) }),
        maxFailures: Number(form.maxFailures),
        soakSeconds: Number(form.soakSeconds),
        offline: form.offline,
      },
    };
  }
  async function start(key: string): Promise<ObjectsByKind['rollouts']> {
    if (profile === undefined || selector === undefined) throw new Error('choose a version first');
    const before = versionBefore(clusters, profile.spec, selector);
    const labels = before === undefined ? {} : { [FROM_LABEL]: before };
    return await create(project, { ...wantedOf(profile, selector), labels }, key);
  }
  const above = (
    <>
      <Link to="/rollouts">Rollouts</Link> · project {project}
    </>
  );
  if (!may('create', 'rollouts'))
    return (
      <Page title="Start a rollout" above={above}>
        <Empty title="Your role in this project starts no rollouts.">
          <p>An operator or an administrator of {project} can.</p>
        </Empty>
      </Page>
    );
  return (
    <Page title="Start a rollout" above={above}>
      <form onSubmit={submit}>
        <SelectField
          label="Version of a profile"
          value={form.profile}
          onValue={set('profile')}
          choices={[
            { value: '', label: profiles.length === 0 ? 'the project has no profile' : 'choose a version' },
            ...profiles.map(({ name, spec }) => ({ value: name, label: `${spec.name}@${spec.version}` })),
          ]}
        />
        <TextField
          label="Only clusters with labels"
          value={form.selector}
          onValue={set('selector')}
          placeholder="site=north,tier=test"
          hint="All clusters with the profile when empty."
          problem={
            selector === undefined ? 'labels are written KEY=VALUE,KEY=VALUE' : problemAt('spec.selector')
          }
        />
        <TextField
          label="Clusters at a time"
          type="number"
          min={1}
          max={1000}
          value={form.batch}
          onValue={set('batch')}
          hint="A tenth of them when empty."
          problem={problemAt('spec.batch')}
        />
        <TextField
          label="Clusters that may fail"
          type="number"
          min={0}
          value={form.maxFailures}
          onValue={set('maxFailures')}
          hint="When more fail it stops by itself."
          problem={problemAt('spec.maxFailures')}
        />
        <TextField
          label="Soak, in seconds"
          type="number"
          min={0}
          value={form.soakSeconds}
          onValue={set('soakSeconds')}
          hint="So long must a batch stay ready before the next begins."
          problem={problemAt('spec.soakSeconds')}
        />
        <SelectField
          label="Silent clusters"
          value={form.offline}
          onValue={set('offline')}
          choices={[
            { value: 'skip', label: 'get it when they come back' },
            { value: 'wait', label: 'hold their batch' },
            { value: 'fail', label: 'have failed' },
          ]}
        />
        <div role="status">
          {profile === undefined ? null : (
            <p>
              {changed.length} of {clusters.length} clusters will be changed
              {targets.length > changed.length
                ? `; ${targets.length - changed.length} have the version already`
                : ''}
              .
            </p>
          )}
        </div>
        {plan.data === undefined || profile === undefined ? null : (
          <section aria-label="Batches">
            <h2>Which clusters come when</h2>
            <BatchPlan project={project} plan={plan.data} />
          </section>
        )}
        <ProblemNote error={starting.error} />
        <button type="submit" className="primary" disabled={profile === undefined || starting.isPending}>
          {starting.isPending ? 'Starting…' : 'Start'}
        </button>
      </form>
    </Page>
  );
}
