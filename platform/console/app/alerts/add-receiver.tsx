import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { useChange } from '../hub/change.ts';
import { messageAt, problemOf } from '../hub/problem.ts';
import { CheckField, SelectField, TextField } from '../parts/field.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';

const EMPTY = { name: '', severity: 'warning', url: '', secret: '', key: '', events: false };

/** Where alerts of a project are to be sent. */
export function AddReceiver({ project }: { readonly project: string }) {
  const { create } = useChange('alertreceivers');
  const [form, setForm] = useState(EMPTY);
  const key = useRef(crypto.randomUUID());
  const set = (field: keyof typeof form) => (value: string | boolean) =>
    setForm((before) => ({ ...before, [field]: value }));
  const adding = useMutation({
    mutationFn: async () =>
      await create(
        project,
        {
          name: form.name,
          spec: {
            severity: form.severity,
            ...(form.url === ''
              ? {}
              : {
                  webhook: {
                    url: form.url,
                    ...(form.secret === '' ? {} : { secret: { name: form.secret, key: form.key } }),
                  },
                }),
            ...(form.events ? { events: true } : {}),
          },
        },
        key.current,
      ),
    onSuccess: () => {
      setForm(EMPTY);
      key.current = crypto.randomUUID();
    },
  });
  const errors = adding.error === null ? [] : problemOf(adding.error).errors;
  const problemAt = (path: string) => messageAt(errors, path);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    adding.mutate();
  };
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
