import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { call } from '../hub/call.ts';
import { useCreateForm } from '../hub/create-form.ts';
import { TextField } from '../parts/field.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';

const EMPTY = { name: '', description: '' };

/** Makes a project, which is a namespace in the hub's cluster. */
export function AddProject() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { fields, set, sending, submit } = useCreateForm({
    initial: EMPTY,
    send: async ({ name, description }, key) =>
      await call('POST /api/v1/projects', {
        body: { name, ...(description === '' ? {} : { description }) },
        headers: { 'idempotency-key': key },
      }),
    onSent: async ({ name }, reset) => {
      await client.invalidateQueries({ queryKey: ['projects'] });
      await navigate({ to: '/access', search: { project: name } });
      reset();
    },
  });
  return (
    <details className="card">
      <summary>Make a project</summary>
      <form onSubmit={submit}>
        <TextField
          label="Name"
          value={fields.name}
          onValue={set('name')}
          required
          hint="Small letters, digits and hyphens."
        />
        <TextField label="Description" value={fields.description} onValue={set('description')} />
        <ProblemNote error={sending.error} />
        <button type="submit" className="primary" disabled={fields.name === '' || sending.isPending}>
          {sending.isPending ? 'Making…' : 'Make the project'}
        </button>
      </form>
    </details>
  );
}
