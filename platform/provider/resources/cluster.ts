import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { Cluster } from '../../api/cluster.ts';
import { narrow } from '../../client/hub-client.ts';
import { platformError } from '../../errors.ts';
import { objectPath } from '../hub-access.ts';
import type { Attribute } from '../schema/attribute.ts';
import { HubObjectResource } from './hub-object.ts';
import type { Work } from './resource.ts';
import type { StoredObject } from './stored-object.ts';

const WAIT: Attribute = {
  name: 'wait_minutes',
  field: 'wait_minutes',
  description:
    'How long an apply waits until all that was asked for is there and healthy; it does not wait when absent or 0.',
  type: { kind: 'plain', type: 'number' },
  presence: 'optional',
};

const LOOK_MS = 2_000;

/** What is read of a cluster that is waited for. */
const Progress = z.looseObject({
  generation: z.int().optional(),
  status: z
    .looseObject({
      phase: z.string().optional(),
      observedGeneration: z.int().optional(),
      desired: z.looseObject({ number: z.int() }).optional(),
      applied: z.looseObject({ number: z.int() }).optional(),
      conditions: z
        .array(z.looseObject({ type: z.string(), status: z.string(), message: z.string() }))
        .optional(),
    })
    .optional(),
});

export const clusterResource = new HubObjectResource(Cluster, {
  typeName: 'skerry_cluster',
  extra: [WAIT],
  settle: async (work, stored, state) => {
    const minutes = typeof state.wait_minutes === 'number' ? state.wait_minutes : 0;
    if (minutes > 0) await untilComplete(work, stored, minutes);
  },
});

/** Waits until the agent has reported the envelope of this spec, or a later one, complete. Throws CLUSTER_NOT_COMPLETE. */
async function untilComplete(
  { hub, signal }: Work,
  { project, name }: StoredObject,
  minutes: number,
): Promise<void> {
  const limit = AbortSignal.timeout(minutes * 60_000);
  const either = AbortSignal.any([signal, limit]);
  const path = objectPath(Cluster.plural, project, name);
  let last = 'Pending';
  while (!either.aborted) {
    const { status, generation = 0 } = narrow(Progress, await hub.find(path, signal), path);
    last = status?.phase ?? last;
    const { desired, applied, observedGeneration = 0 } = status ?? {};
    const isCurrent = observedGeneration >= generation && desired !== undefined;
    if (isCurrent && applied !== undefined && applied.number >= desired.number && last === 'Ready') return;
    await setTimeout(LOOK_MS, undefined, { signal: either }).catch(() => undefined);
  }
  signal.throwIfAborted();
  throw platformError('CLUSTER_NOT_COMPLETE', {
    subject: `${project}/${name}`,
    detail: `${last} after ${minutes} min`,
  });
}
