import { useMutation, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { type FormEvent, useRef, useState } from 'react';
import type { Account, Gateway } from '../../../client/kinds.ts';
import { accountState } from '../clouds/account-state.ts';
import { AcceptAgent } from '../cluster/accept-agent.tsx';
import { useAccess } from '../hub/access.ts';
import { useChange } from '../hub/change.ts';
import { useObject, useObjects } from '../hub/objects.ts';
import { type FieldProblem, messageAt, problemOf } from '../hub/problem.ts';
import { countText } from '../parts/count-text.ts';
import { Empty, Loading } from '../parts/empty.tsx';
import { SelectField, TextField } from '../parts/field.tsx';
import { Page } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { useSettled } from '../parts/settled.ts';
import { State } from '../parts/state.tsx';
import { YamlText } from '../parts/yaml-text.tsx';
import { ChangePlan } from '../plan/change-plan.tsx';
import { readLabels } from '../rollouts/rollout-state.ts';
import { useProjects } from '../shell/project.ts';
import { VariableFields } from '../variables/variable-fields.tsx';
import {
  type TypedValues,
  type Variable,
  variableProblem,
  variableValues,
} from '../variables/variable-values.ts';
import { EnrollPanel } from './enroll-panel.tsx';
import { MachineFields } from './machine-fields.tsx';
import { EMPTY_MACHINES, type MachineForm, machineCount, provisionOf } from './machine-form.ts';

const route = getRouteApi('/new-cluster');
const SETTLED_MS = 600;

/** Makes a cluster known: one that exists joins, another is made with a cloud account. */
export function NewClusterPage() {
  const { project, made } = route.useSearch();
  const { data: projects } = useProjects();
  const above = <Link to="/fleet">Fleet</Link>;
  if (project === undefined)
    return (
      <Page title="New cluster" above={above}>
        <p>In which project?</p>
        {projects === undefined ? (
          <Loading what="projects" />
        ) : projects.length === 0 ? (
          <Empty title="There is no project that you may see.">
            <p>
              <Link to="/access">Make one</Link>, or ask an administrator of the platform.
            </p>
          </Empty>
        ) : (
          <ul>
            {projects.map(({ name }) => (
              <li key={name}>
                <Link to="/new-cluster" search={{ project: name }}>
                  {name}
                </Link>
              </li>
            ))}
          </ul>
        )}
      </Page>
    );
  return (
    <Page
      title="New cluster"
      above={
        <>
          {above} · project {project}
        </>
      }
    >
      {made === undefined ? <ClusterForm project={project} /> : <Joining project={project} name={made} />}
    </Page>
  );
}

/** After it is known: the way in for its agent, until it is there. */
function Joining({ project, name }: { readonly project: string; readonly name: string }) {
  const { data: cluster, error } = useObject('clusters', project, name);
  const { may } = useAccess(project);
  if (cluster === undefined)
    return error === null ? <Loading what="the cluster" /> : <ProblemNote error={error} />;
  const isJoined = cluster.spec.agent?.key !== undefined;
  return (
    <>
      <p>
        {name} is known to the hub.{' '}
        <Link to="/clusters/$project/$name" params={{ project, name }}>
          Go to its page
        </Link>
      </p>
      {isJoined ? (
        <p role="status">
          <State state="Its agent was accepted" tone="good" />
        </p>
      ) : (
        <>
          <EnrollPanel project={project} name={name} mayAccept={may('update', 'clusters')} />
          <AcceptAgent cluster={cluster} mayChange={may('patch', 'clusters')} />
        </>
      )}
    </>
  );
}

function ClusterForm({ project }: { readonly project: string }) {
  const navigate = route.useNavigate();
  const { may } = useAccess(project);
  const { data: profiles = [] } = useObjects('clusterprofiles', project);
  const { data: accounts = [] } = useObjects('cloudaccounts', project);
  const { data: gateways = [] } = useObjects('gateways', project);
  const { create, tryCreate } = useChange('clusters');
  const [way, setWay] = useState<'join' | 'make'>('join');
  const [name, setName] = useState('');
  const [labels, setLabels] = useState('');
  const [profile, setProfile] = useState('');
  const [typed, setTyped] = useState<TypedValues>({});
  const [machines, setMachines] = useState(EMPTY_MACHINES);
  const key = useRef(crypto.randomUUID());
  const chosen = profiles.find((each) => each.name === profile);
  const read = readLabels(labels);
  const object = objectOf({
    name,
    labels: read,
    profile: chosen?.spec,
    typed,
    machines: way === 'make' ? machines : undefined,
  });
  const isWhole = name !== '' && read !== undefined && (way === 'join' || machines.account !== '');
  const text = JSON.stringify(object);
  const settled = useSettled(text, SETTLED_MS);
  const judged = useQuery({
    queryKey: ['try-cluster', project, settled],
    queryFn: async ({ signal }) => {
      await tryCreate(project, JSON.parse(settled), signal);
      return true;
    },
    enabled: isWhole && settled === text,
    retry: false,
    gcTime: 0,
  });
  const making = useMutation({
    mutationFn: async () => await create(project, object, key.current),
    onSuccess: async ({ name: made }) =>
      way === 'join'
        ? await navigate({ search: (before) => ({ ...before, made }) })
        : await navigate({ to: '/clusters/$project/$name', params: { project, name: made } }),
  });
  if (!may('create', 'clusters'))
    return (
      <Empty title="Your role in this project makes no clusters.">
        <p>An operator or an administrator of {project} can.</p>
      </Empty>
    );
  const problems: readonly FieldProblem[] = judged.error === null ? [] : problemOf(judged.error).errors;
  const problemAt = (path: string) => messageAt(problems, path);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    making.mutate();
  };
  return (
    <form onSubmit={submit}>
      <fieldset>
        <legend>Which way?</legend>
        <label>
          <input type="radio" name="way" checked={way === 'join'} onChange={() => setWay('join')} />A cluster
          that exists joins
        </label>{' '}
        <label>
          <input type="radio" name="way" checked={way === 'make'} onChange={() => setWay('make')} />
          It is made, with a cloud account
        </label>
      </fieldset>
      <div className="columns">
        <TextField
          label="Name"
          value={name}
          onValue={setName}
          required
          maxLength={63}
          hint="Small letters, digits and hyphens."
          problem={problemAt('name')}
        />
        <TextField
          label="Labels"
          value={labels}
          onValue={setLabels}
          placeholder="site=north,tier=test"
          hint="Rollouts and lists go by them."
          problem={read === undefined ? 'labels are written KEY=VALUE,KEY=VALUE' : undefined}
        />
        <SelectField
          label="Profile"
          value={profile}
          onValue={setProfile}
          hint={
            profiles.length === 0
              ? 'The project has none yet; it can be given later.'
              : 'It can be given later too.'
          }
          choices={[
            { value: '', label: 'none yet' },
            ...profiles.map((each) => ({
              value: each.name,
              label: `${each.spec.name}@${each.spec.version}`,
            })),
          ]}
          problem={problemAt('spec.profiles[0]') ?? problemAt('spec.profiles')}
        />
      </div>
      <VariableFields
        variables={chosen?.spec.variables ?? []}
        typed={typed}
        onTyped={setTyped}
        problemAt={(variable) =>
          variableProblem(
            problems,
            'spec.profiles[0]',
            variableValues(chosen?.spec.variables ?? [], typed),
            variable,
          )
        }
      />
      {way === 'make' ? (
        accounts.length === 0 ? (
          <Empty title="The project has no cloud account.">
            <p>
              <Link to="/clouds">Add an account</Link>, whose gateway reaches the cloud.
            </p>
          </Empty>
        ) : (
          <MachineFields
            form={machines}
            onForm={setMachines}
            accounts={accounts}
            gateway={gatewayOf(machines, accounts, gateways)}
            problemAt={problemAt}
          />
        )
      ) : null}
      <Review
        form={way === 'make' ? machines : undefined}
        account={accounts.find((each) => each.name === machines.account)}
        project={project}
        object={object}
        isWhole={isWhole}
        isSettled={settled === text}
        judged={judged}
      />
      <ProblemNote error={making.error} />
      <button
        type="submit"
        className="primary"
        disabled={!isWhole || judged.error !== null || making.isPending}
      >
        {making.isPending ? 'Making…' : way === 'join' ? 'Make it known' : 'Make the cluster'}
      </button>
    </form>
  );
}

interface Wanted {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>> | undefined;
  readonly profile:
    | {
        readonly name: string;
        readonly version: string;
        readonly variables?: readonly Variable[] | undefined;
      }
    | undefined;
  readonly typed: TypedValues;
  readonly machines: MachineForm | undefined;
}

function objectOf({ name, labels = {}, profile, typed, machines }: Wanted) {
  const variables = variableValues(profile?.variables ?? [], typed);
  const profiles =
    profile === undefined
      ? []
      : [
          {
            name: profile.name,
            version: profile.version,
            ...(variables.length === 0 ? {} : { variables }),
          },
        ];
  return {
    name,
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    spec: {
      ...(profiles.length === 0 ? {} : { profiles }),
      ...(machines === undefined ? {} : { provision: provisionOf(machines) }),
    },
  };
}

interface ReviewProps {
  /** Where machines are to be made. */
  readonly form: MachineForm | undefined;
  readonly account: Account | undefined;
  readonly project: string;
  readonly object: ReturnType<typeof objectOf>;
  readonly isWhole: boolean;
  /** Nothing was typed for a while. */
  readonly isSettled: boolean;
  readonly judged: { readonly isPending: boolean; readonly error: Error | null };
}

/** What will be made, and what the hub says of it. */
function Review({ form, account, project, object, isWhole, isSettled, judged }: ReviewProps) {
  const isSound = isWhole && isSettled && !judged.isPending && judged.error === null;
  return (
    <>
      <h2>Review</h2>
      {form === undefined ? null : <Plan form={form} account={account} />}
      <div role="status">
        {!isWhole ? (
          <p>The hub is asked once it has {form === undefined ? 'a name' : 'a name and an account'}.</p>
        ) : judged.isPending ? (
          <p>Asking the hub…</p>
        ) : judged.error === null ? (
          <p>The hub would take it as it is.</p>
        ) : null}
      </div>
      <ProblemNote error={isWhole ? judged.error : undefined} />
      {isSound && object.spec.profiles !== undefined ? (
        <>
          <h3>What it will get</h3>
          <ChangePlan cluster={{ project, ...object }} spec={object.spec} />
        </>
      ) : null}
      <details>
        <summary>What will be sent</summary>
        <YamlText value={object} label="The cluster" />
      </details>
    </>
  );
}

function gatewayOf(
  { account }: MachineForm,
  accounts: readonly Account[],
  gateways: readonly Gateway[],
): Gateway | undefined {
  const wanted = accounts.find(({ name }) => name === account)?.spec.gateway;
  return gateways.find(({ name }) => name === wanted);
}

/** How many machines there will be, and what is known of the account. */
function Plan({ form, account }: { readonly form: MachineForm; readonly account: Account | undefined }) {
  return (
    <ul>
      <li>
        {countText(machineCount(form), 'machine')}: control plane {form.controlPlanes}
        {form.pools.map(({ name, replicas }) => `, ${name} ${replicas}`)}
      </li>
      {account === undefined ? null : (
        <li>
          account {account.name}: <State state={accountState(account)} />
          {account.status?.lastError === undefined
            ? ''
            : ` ${account.status.lastError.code}: ${account.status.lastError.detail}`}
        </li>
      )}
    </ul>
  );
}
