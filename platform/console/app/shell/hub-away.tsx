import { useSyncExternalStore } from 'react';
import { hubState } from '../hub/hub-state.ts';
import { signedOut } from '../hub/signed-out.ts';
import { Age } from '../parts/age.tsx';

/** Says that what is shown may be old. */
export function HubAway() {
  const since = useSyncExternalStore(hubState.subscribe, hubState.silentSince);
  // A hub that wants a new session has answered: the sign-in says so.
  const ended = useSyncExternalStore(signedOut.subscribe, signedOut.problem);
  return (
    <div role="status">
      {since === undefined || ended !== undefined ? null : (
        <p className="note warn">
          The hub has not answered since <Age at={new Date(since).toISOString()} />. What is shown is from
          before; it is tried again by itself.
        </p>
      )}
    </div>
  );
}
