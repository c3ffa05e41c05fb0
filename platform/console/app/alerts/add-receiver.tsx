import { useChange } from '../hub/change.ts';
import { useCreateForm } from '../hub/create-form.ts';
import { CheckField, SelectField, TextField } from '../parts/field.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';

const EMPTY = { name: '', severity: 'warning', url: '', secret: '', key: '', events: false };

/** Where alerts of a project are to be sent. */
export function AddReceiver({ project }: { readonly project: string }) {
  const { create } = useChange('alertreceivers');
  const {
    fields: form,
    set,
    sending: adding,
    problemAt,
    submit,
  } = useCreateForm({
    initial: EMPTY,
    send: async ({ name, severity, url, secret, key, events }, sendKey) =>
      await create(
        project,
        {
          name,
          spec: {
            severity,
            ...(url === ''
              ? {}
              : { webhook: { url, ...(secret === '' ? {} : { secret: { name: secret, key } }) } }),
            ...(events ? { events: true } : {}),
          },
        },
        sendKey,
      ),
    onSent: (_, reset) => reset(),
  });
  return (
    <details className="card">
      <summary>Add a receiver to {project}</summary>
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
            label="From which severity on"
            value={form.severity}
            onValue={set('severity')}
            choices={['info', 'warning', 'critical'].map((value) => ({ value, label: value }))}
          />
          <TextField
            label="Webhook"
            type="url"
            value={form.url}
            onValue={set('url')}
            placeholder="https://alerts.site/hook"
            problem={problemAt('spec.webhook.url')}
          />
          <TextField
            label="Secret with its token"
            value={form.secret}
            onValue={set('secret')}
            hint="Labelled skerry.dev/use=alerts, with its host in skerry.dev/hosts."
            problem={problemAt('spec.webhook.secret.name')}
          />
          <TextField label="Key in the Secret" value={form.key} onValue={set('key')} />
        </div>
        <CheckField label="Kubernetes Events on the Cluster" checked={form.events} onValue={set('events')} />
        <p className="hint">
          E-mail is set with <code>skerry apply</code>.
        </p>
        <ProblemNote error={adding.error} />
        <button
          type="submit"
          className="primary"
          disabled={adding.isPending || form.name === '' || (form.url === '' && !form.events)}
        >
          {adding.isPending ? 'Adding…' : 'Add the receiver'}
        </button>
      </form>
    </details>
  );
}
