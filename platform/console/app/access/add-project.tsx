import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useRef, useState } from 'react';
import { call } from '../hub/call.ts';
import { TextField } from '../parts/field.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';

/** Makes a project, which is a namespace in the hub's cluster. */
export function AddProject() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const key = useRef(crypto.randomUUID());
  const adding = useMutation({
    mutationFn: async () =>
      await call('POST /api/v1/projects', {
        body: { name, ...(description === '' ? {} : { description }) },
        headers: { 'idempotency-key': key.current },
      }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['projects'] });
      await navigate({ to: '/access', search: { project: name } });
      setName('');
      setDescription('');
      key.current = crypto.randomUUID();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    adding.mutate();
  };
  return (
    <details className="card">
      <summary>Make a project</summary>
      <form onSubmit={submit}>
        <TextField
          label="Name"
          value={name}
          onValue={setName}
          required
          hint="Small letters, digits and hyphens."
        />
        <TextField label="Description" value={description} onValue={setDescription} />
        <ProblemNote error={adding.error} />
        <button type="submit" className="primary" disabled={name === '' || adding.isPending}>
          {adding.isPending ? 'Making…' : 'Make the project'}
        </button>
      </form>
    </details>
  );
}
