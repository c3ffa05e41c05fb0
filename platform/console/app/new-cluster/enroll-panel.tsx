import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../hub/call.ts';
import { Age } from '../parts/age.tsx';
import { CopyText } from '../parts/copy-text.tsx';
import { CheckField } from '../parts/field.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';

/** Shown once: the hub keeps of the token only its hash. */
interface EnrollmentMade {
  readonly token: string;
  readonly expiresAt: string;
  readonly command: string;
}

interface EnrollPanelProps {
  readonly project: string;
  readonly name: string;
  /** To let an agent in unseen is to change the cluster. */
  readonly mayAccept: boolean;
}

/** Invites the agent of a cluster: a token that is good once, and the command that puts the agent there. */
export function EnrollPanel({ project, name, mayAccept }: EnrollPanelProps) {
  const [autoAccept, setAutoAccept] = useState(false);
  const inviting = useMutation({
    mutationFn: async () =>
      await ask<EnrollmentMade>('POST /api/v1/projects/{project}/clusters/{name}/enrollments', {
        params: { project, name },
        body: autoAccept ? { autoAccept } : {},
      }),
  });
  const made = inviting.data;
  return (
    <section className="card" aria-labelledby="enroll">
      <h3 id="enroll">Put the agent into {name}</h3>
      {made === undefined ? (
        <>
          <p>
            The agent comes with a token that is good once, for an hour. Run the command where kubectl reaches{' '}
            {name}; the agent then asks to join, and is accepted here by its key.
          </p>
          {mayAccept ? (
            <CheckField
              label="Accept it unseen"
              checked={autoAccept}
              onValue={setAutoAccept}
              hint="Whoever has the token is let in: only where nobody else can read it."
            />
          ) : null}
          <ProblemNote error={inviting.error} />
          <button
            type="button"
            className="primary"
            disabled={inviting.isPending}
            onClick={() => inviting.mutate()}
          >
            {inviting.isPending ? 'Making…' : 'Make a token'}
          </button>
        </>
      ) : (
        <>
          <p>
            Run this where kubectl reaches {name}. It is shown once, and the token in it ends{' '}
            <Age at={made.expiresAt} />.
          </p>
          <CopyText text={made.command} label="command" />
          <details>
            <summary>The token alone</summary>
            <CopyText text={made.token} label="token" />
          </details>
          <p role="status">Waiting for the agent to ask. This page shows it when it does.</p>
        </>
      )}
    </section>
  );
}
