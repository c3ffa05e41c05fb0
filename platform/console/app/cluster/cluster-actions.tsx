import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Cluster } from '../../../client/kinds.ts';
import { useChange } from '../hub/change.ts';
import { ActionButton } from '../parts/action-button.tsx';
import { TextField } from '../parts/field.tsx';

interface ClusterActionsProps {
  readonly cluster: Cluster;
  readonly mayDelete: boolean;
}

/** What can be done with a whole cluster. */
export function ClusterActions({ cluster, mayDelete }: ClusterActionsProps) {
  const { patch, remove } = useChange('clusters');
  const navigate = useNavigate();
  const [typed, setTyped] = useState('');
  const isPaused = cluster.spec.paused === true;
  const isMade = cluster.spec.provision !== undefined;
  return (
    <>
      <ActionButton
        label={isPaused ? 'Resume' : 'Pause'}
        title={isPaused ? `Resume ${cluster.name}?` : `Pause ${cluster.name}?`}
        act={async () => await patch(cluster, { spec: { paused: isPaused ? null : true } })}
      >
        <p>
          {isPaused
            ? 'It gets what was asked for meanwhile, and its agent corrects drift again.'
            : 'Nothing new is sent to it, and its agent corrects no drift, until it is resumed.'}
        </p>
      </ActionButton>
      {mayDelete ? (
        <ActionButton
          label="Delete"
          title={`Delete ${cluster.name}?`}
          isDangerous
          isDisabled={typed !== cluster.name}
          act={async () => await remove(cluster)}
          onDone={() => void navigate({ to: '/fleet' })}
        >
          <p>
            {isMade
              ? deletionOf(cluster)
              : 'The hub forgets it. What runs in it stays, and its agent is no longer served.'}
          </p>
          <TextField label={`Type ${cluster.name} to go on`} value={typed} onValue={setTyped} />
        </ActionButton>
      ) : null}
    </>
  );
}

function deletionOf({ spec }: Cluster): string {
  switch (spec.provision?.deletion) {
    case 'orphan':
      return 'Its machines stay, and nobody looks after them any more.';
    case 'protect':
      return 'The hub refuses it as long as provision.deletion is protect.';
    default:
      return 'Its machines are deleted, with all that is on them. This can’t be undone.';
  }
}
