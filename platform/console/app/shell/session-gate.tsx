import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useSyncExternalStore } from 'react';
import { HubProblem } from '../../../client/browser/hub-problem.ts';
import { problemOf } from '../hub/problem.ts';
import { useSession } from '../hub/session.ts';
import { signedOut } from '../hub/signed-out.ts';
import { Dialog } from '../parts/dialog.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { SignIn } from './sign-in.tsx';
import { onSignedIn } from './signed-in.ts';

/**
 * Lets nobody further who is not signed in. A session that ends while somebody works does not take the page away: the
 * sign-in comes over it, and what was typed is still there afterwards.
 */
export function SessionGate({ children }: { readonly children: ReactNode }) {
  const client = useQueryClient();
  const { data: session, error, isPending, refetch } = useSession();
  const ended = useSyncExternalStore(signedOut.subscribe, signedOut.problem);
  useEffect(
    () =>
      onSignedIn(() => {
        signedOut.settle();
        void client.invalidateQueries();
      }),
    [client],
  );
  const isOver = session !== undefined && problemOf(error).status === 401;
  if (session !== undefined)
    return (
      <>
        {children}
        <Dialog title="Your session has ended" isOpen={ended !== undefined || isOver}>
          <p>Sign in again to go on. What you have typed is still here.</p>
          <SignIn ways={waysIn(ended ?? error) ?? session.ways} issuer={session.issuer} isOverPage />
        </Dialog>
      </>
    );
  if (isPending) return <p className="loading">Loading…</p>;
  return (
    <main className="sign-in">
      <h1>Skerry</h1>
      {problemOf(error).status === 401 ? (
        <SignIn ways={waysIn(error)} issuer={undefined} isOverPage={false} />
      ) : (
        <ProblemNote error={error} retry={() => void refetch()} />
      )}
    </main>
  );
}

/** The ways that the hub names beside what is wrong. */
function waysIn(error: unknown): readonly string[] | undefined {
  return error instanceof HubProblem ? error.problem.ways : undefined;
}
