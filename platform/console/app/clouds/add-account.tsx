import { CLOUD_TYPES } from '../../../api/cloud-types.ts';
import { useChange } from '../hub/change.ts';
import { useCreateForm } from '../hub/create-form.ts';
import { CopyText } from '../parts/copy-text.tsx';
import { SelectField, TextField } from '../parts/field.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';

interface AddAccountProps {
  readonly project: string;
  readonly gateways: readonly string[];
}

const EMPTY = { name: '', type: CLOUD_TYPES[0] as string, gateway: '', endpoint: '', secret: '' };

/** Names a cloud. Its credentials never go through a browser: they are in a Secret that says itself that it is lent. */
export function AddAccount({ project, gateways }: AddAccountProps) {
  const { create } = useChange('cloudaccounts');
  const {
    fields: form,
    set,
    sending: adding,
    problemAt,
    submit,
  } = useCreateForm({
    initial: EMPTY,
    send: async ({ name, type, gateway, endpoint, secret }, key) =>
      await create(
        project,
        {
          name,
          spec: {
            type,
            credentials: { name: secret },
            ...(gateway === '' ? {} : { gateway }),
            ...(endpoint === '' ? {} : { endpoint }),
          },
        },
        key,
      ),
    onSent: (_, reset) => reset(),
  });
  const host = /^https?:\/\/([^/:]+)/.exec(form.endpoint)?.[1] ?? 'HOST';
  const secret = form.secret === '' ? 'SECRET' : form.secret;
  return (
    <details className="card">
      <summary>Add an account to {project}</summary>
      <form onSubmit={submit}>
        <div className="columns">
          <TextField
            label="Name"
            value={form.name}
            onValue={set('name')}
            required
            problem={problemAt('name')}
          />
          <SelectField
            label="Type"
            value={form.type}
            onValue={set('type')}
            choices={CLOUD_TYPES.map((type) => ({ value: type, label: type }))}
          />
          <SelectField
            label="Gateway"
            value={form.gateway}
            onValue={set('gateway')}
            choices={[
              { value: '', label: gateways.length === 0 ? 'the project has none' : 'choose a gateway' },
              ...gateways.map((name) => ({ value: name, label: name })),
            ]}
            problem={problemAt('spec.gateway')}
          />
          <TextField
            label="Endpoint"
            value={form.endpoint}
            onValue={set('endpoint')}
            placeholder="https://vcenter.site"
            problem={problemAt('spec.endpoint')}
          />
          <TextField
            label="Secret with the credentials"
            value={form.secret}
            onValue={set('secret')}
            required
            problem={problemAt('spec.credentials.name')}
          />
        </div>
        <p>
          Make the Secret with kubectl in the hub’s cluster. It says itself that it is lent to clouds, and to
          which host:
        </p>
        <CopyText
          label="commands"
          text={[
            `kubectl -n ${project} create secret generic ${secret} --from-literal=username=… --from-literal=password=…`,
            `kubectl -n ${project} label secret ${secret} skerry.dev/use=cloud`,
            `kubectl -n ${project} annotate secret ${secret} skerry.dev/hosts=${host}`,
          ].join('\n')}
        />
        <ProblemNote error={adding.error} />
        <button
          type="submit"
          className="primary"
          disabled={adding.isPending || form.name === '' || form.secret === ''}
        >
          {adding.isPending ? 'Adding…' : 'Add the account'}
        </button>
        <span role="status">{adding.isSuccess ? ' Added. Its gateway now asks the cloud.' : ''}</span>
      </form>
    </details>
  );
}
