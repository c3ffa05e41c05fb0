import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useBlocker } from '@tanstack/react-router';
import { useReducer, useRef, useState } from 'react';
import { profileObjectName } from '../../../api/name-grammar.ts';
import type { Profile } from '../../../client/kinds.ts';
import { useAccess } from '../hub/access.ts';
import { useChange } from '../hub/change.ts';
import { useObjects } from '../hub/objects.ts';
import { messageAt, problemOf } from '../hub/problem.ts';
import { Empty, Loading } from '../parts/empty.tsx';
import { TextField } from '../parts/field.tsx';
import { Page } from '../parts/page.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { useSettled } from '../parts/settled.ts';
import { AddPack } from './add-pack.tsx';
import { usePacks } from './catalogue.ts';
import { changeDraft, draftAfter, EMPTY_DRAFT, specOf } from './draft.ts';
import { DraftReview } from './draft-review.tsx';
import { PackForm } from './pack-form.tsx';
import { stackOf } from './stack.ts';
import { StackPicture } from './stack-picture.tsx';
import { VariablesForm } from './variables-form.tsx';

const route = getRouteApi('/profiles/edit');
/** The hub is asked when nothing was typed for so long. */
const SETTLED_MS = 600;

/** Makes a profile, or the next version of one: the stack, its values, and what the hub says of it while it is typed. */
export function ProfileEditorPage() {
  const { project = '', from } = route.useSearch();
  const { data: profiles, error } = useObjects('clusterprofiles', project);
  const { may } = useAccess(project);
  const before = profiles?.find(({ name }) => name === from);
  if (!may('create', 'clusterprofiles'))
    return (
      <Page title="Make a profile">
        <Empty title="Your role in this project makes no profiles.">
          <p>An operator or an administrator of {project} can.</p>
        </Empty>
      </Page>
    );
  if (from === undefined || before !== undefined)
    return <Editor key={from} project={project} before={before} profiles={profiles ?? []} />;
  return (
    <Page title="Make a profile">
      {error !== null ? (
        <ProblemNote error={error} />
      ) : profiles === undefined ? (
        <Loading what={`profile ${from}`} />
      ) : (
        <Empty title={`There is no profile ${from} in ${project}.`} />
      )}
    </Page>
  );
}

interface EditorProps {
  readonly project: string;
  /** What the next version is made from. */
  readonly before: Profile | undefined;
  readonly profiles: readonly Profile[];
}

function Editor({ project, before: found, profiles }: EditorProps) {
  const navigate = route.useNavigate();
  // As it was when somebody began: it never changes on the hub either.
  const [before] = useState(found);
  const [first] = useState(() =>
    before === undefined ? EMPTY_DRAFT : draftAfter(before, versionsOf(profiles, before)),
  );
  const [draft, change] = useReducer(changeDraft, first);
  const [chosen, setChosen] = useState(before?.spec.packs[0]?.name);
  // Not a state: who has saved goes on at once, before anything is drawn again.
  const isDone = useRef(false);
  const { create, tryCreate } = useChange('clusterprofiles');
  const { data: packs = [] } = usePacks(project);
  const isChanged = draft !== first;
  useBlocker({
    shouldBlockFn: () =>
      isChanged && !isDone.current && !window.confirm('Leave, and lose what you have changed?'),
    enableBeforeUnload: () => isChanged && !isDone.current,
  });
  const object = { name: profileObjectName(draft), spec: specOf(draft) };
  const text = JSON.stringify(object);
  const settled = useSettled(text, SETTLED_MS);
  const isReady = draft.name !== '' && draft.packs.length > 0;
  const judged = useQuery({
    queryKey: ['try', project, settled],
    queryFn: async ({ signal }) => {
      await tryCreate(project, JSON.parse(settled), signal);
      return true;
    },
    enabled: isReady && settled === text,
    retry: false,
    gcTime: 0,
  });
  const problems = judged.error === null ? [] : problemOf(judged.error).errors;
  const layers = new Map(packs.map(({ name, layer }) => [name, layer]));
  const index = draft.packs.findIndex(({ name }) => name === chosen);
  const pack = draft.packs[index];
  return (
    <Page
      title={before === undefined ? 'Make a profile' : `Next version of ${before.spec.name}`}
      above={
        <>
          <Link to="/profiles">Profiles</Link> · project {project}
        </>
      }
    >
      <div className="columns">
        <TextField
          label="Name"
          value={draft.name}
          onValue={(name) => change({ type: 'set', fields: { name } })}
          readOnly={before !== undefined}
          hint="Small letters, digits and hyphens; the same for all its versions."
          problem={messageAt(problems, 'spec.name')}
        />
        <TextField
          label="Version"
          value={draft.version}
          onValue={(version) => change({ type: 'set', fields: { version } })}
          hint="A version never changes: clusters go from one to another."
          problem={messageAt(problems, 'spec.version')}
        />
        <TextField
          label="Description"
          value={draft.description}
          onValue={(description) => change({ type: 'set', fields: { description } })}
        />
      </div>
      <h2>Stack</h2>
      {draft.packs.length === 0 ? <p>Nothing is in it yet. Add the first pack.</p> : null}
      <StackPicture
        stack={stackOf(draft.packs, (name) => layers.get(name))}
        draw={({ name, version, preset }) => (
          <button
            type="button"
            className={name === chosen ? 'chosen' : undefined}
            aria-pressed={name === chosen}
            onClick={() => setChosen(name)}
          >
            {name} {version}
            {preset === undefined || preset === '' ? '' : ` · ${preset}`}
            {problems.some(({ path }) => path.startsWith(`spec.packs[${indexOf(draft.packs, name)}]`))
              ? ' · has a problem'
              : ''}
          </button>
        )}
      />
      <AddPack
        project={project}
        packs={packs.filter(({ name }) => !draft.packs.some((used) => used.name === name))}
        onAdd={(added) => {
          change({ type: 'add', pack: added });
          setChosen(added.name);
        }}
      />
      {pack === undefined ? null : (
        <PackForm
          key={pack.name}
          project={project}
          pack={pack}
          field={`spec.packs[${index}]`}
          problems={problems}
          place={{ index, count: draft.packs.length }}
          onChange={change}
          onRemove={() => setChosen(undefined)}
        />
      )}
      <VariablesForm draft={draft} />
      <DraftReview
        project={project}
        before={before}
        draft={draft}
        settled={settled}
        isSound={isReady && judged.data === true}
      />
      <h2>What the hub says</h2>
      <div role="status">
        {!isReady ? (
          <p>It is asked once there is a name and a pack.</p>
        ) : judged.isPending ? (
          <p>Asking…</p>
        ) : judged.error === null ? (
          <p>It would take it as it is.</p>
        ) : null}
      </div>
      <ProblemNote error={isReady ? judged.error : undefined} />
      <Save
        isDisabled={!isReady || judged.error !== null || judged.isPending}
        save={async (key) => {
          const made = await create(project, object, key);
          isDone.current = true;
          await navigate({ to: '/profiles/$project/$name', params: { project, name: made.name } });
        }}
        label={`Make ${draft.name === '' ? 'the profile' : `${draft.name}@${draft.version}`}`}
      />
    </Page>
  );
}

function versionsOf(profiles: readonly Profile[], { spec }: Profile): string[] {
  return profiles.filter((each) => each.spec.name === spec.name).map((each) => each.spec.version);
}

function indexOf(packs: readonly { readonly name: string }[], name: string): number {
  return packs.findIndex((pack) => pack.name === name);
}

interface SaveProps {
  readonly isDisabled: boolean;
  readonly label: string;
  readonly save: (key: string) => Promise<void>;
}

function Save({ isDisabled, label, save }: SaveProps) {
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  // The same for each try: whatever got no answer is made once.
  const key = useRef(crypto.randomUUID());
  const press = async () => {
    setBusy(true);
    setError(undefined);
    await save(key.current).catch(setError);
    setBusy(false);
  };
  return (
    <>
      <ProblemNote error={error} />
      <button type="button" className="primary" disabled={isDisabled || isBusy} onClick={() => void press()}>
        {isBusy ? 'Making…' : label}
      </button>
    </>
  );
}
