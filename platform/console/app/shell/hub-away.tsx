import { useSyncExternalStore } from 'react';
import { hubState } from '../hub/hub-state.ts';
import { Age } from '../parts/age.tsx';

/** Says that what is shown may be old. */
export function HubAway() {
  const since = useSyncExternalStore(hubState.subscribe, hubState.silentSince);
  return (
    <div role="status">
      {since === undefined ? null : (
        <p className="note warn">
          The hub has not answered since <Age at={new Date(since).toISOString()} />. What is shown is from
          before; it is tried again by itself.
        </p>
      )}
    </div>
  );
}
