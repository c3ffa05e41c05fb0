import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { narrow } from '../../client/narrow.ts';
import { platformError } from '../../errors.ts';
import { kinds } from '../kinds.ts';
import type { Attribute } from '../schema/attribute.ts';
import type { ObjectValue } from '../value/value.ts';
import { differences, ID, idOf, PROJECT, plannedProject, statePath, textOf } from './object-state.ts';
import type { Plan, Resource, Work } from './resource.ts';

const CLUSTER: Attribute = {
  name: 'cluster',
  field: 'cluster',
  description: 'Name of the cluster.',
  type: { kind: 'plain', type: 'string' },
  presence: 'required',
};
const WAIT: Attribute = {
  name: 'wait_minutes',
  field: 'wait_minutes',
  description: 'How long it is waited; 30 when absent.',
  type: { kind: 'plain', type: 'number' },
  presence: 'optional',
};
const TRIGGERS: Attribute = {
  name: 'triggers',
  field: 'triggers',
  description: 'Anything: when it changes, it is waited for again.',
  type: { kind: 'dynamic' },
  presence: 'optional',
};

const WAIT_MINUTES = 30;
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
      layers: z
        .array(
          z.looseObject({
            name: z.string(),
            state: z.string(),
            code: z.string().optional(),
            message: z.string().optional(),
          }),
        )
        .optional(),
    })
    .optional(),
});
type Progress = z.infer<typeof Progress>;

/**
 * That a cluster has all that was asked for. A resource of its own: where making one fails a core makes it again, and a
 * cluster that is late must not be made again for that.
 */
export const clusterCompletionResource: Resource = {
  typeName: 'skerry_cluster_completion',
  description:
    'Waits until a cluster has all that was asked for, complete and healthy, for what may only follow then. It is nothing at the hub.',
  version: 0,
  attributes: [ID, PROJECT, CLUSTER, TRIGGERS, WAIT],

  async plan(work, { before, proposed }): Promise<Plan> {
    const project = plannedProject(work, proposed);
    const planned = { ...proposed, project, id: idOf(textOf(project), textOf(proposed.cluster)) };
    return { planned, replace: before === undefined ? [] : differences(before, planned, [PROJECT, CLUSTER]) };
  },
  create: complete,
  update: async (work, { planned }) => await complete(work, planned),
  // Once it was, it is said to have been: what became of the cluster since is to be seen at the cluster.
  read: async ({ hub, signal }, state) =>
    (await hub.find(statePath(kinds.Cluster.plural, state), signal)) === undefined ? undefined : state,
  delete: async () => undefined,
  importState: (_, id) => {
    throw platformError('IMPORT_ID_INVALID', {
      subject: id,
      detail: 'there is nothing to import; made again, it is waited for',
    });
  },
};

/** Waits until the agent has reported the envelope of this spec, or a later one, complete. Throws CLUSTER_NOT_COMPLETE. */
async function complete({ hub, signal, log }: Work, planned: ObjectValue): Promise<ObjectValue> {
  const minutes = typeof planned.wait_minutes === 'number' ? planned.wait_minutes : WAIT_MINUTES;
  const limit = AbortSignal.timeout(minutes * 60_000);
  const either = AbortSignal.any([signal, limit]);
  const path = statePath(kinds.Cluster.plural, planned);
  const subject = textOf(planned.id) ?? '';
  let last = '';
  while (!either.aborted) {
    const found = await hub.find(path, signal);
    if (found === undefined) throw platformError('OBJECT_NOT_FOUND', { subject: `Cluster ${subject}` });
    const progress = narrow(Progress, found, path);
    if (isComplete(progress)) return planned;
    const now = describe(progress);
    if (now !== last) log(`${subject}: ${now}`);
    last = now;
    await setTimeout(LOOK_MS, undefined, { signal: either }).catch(() => undefined);
  }
  signal.throwIfAborted();
  throw platformError('CLUSTER_NOT_COMPLETE', { subject, detail: `after ${minutes} min: ${last}` });
}

function isComplete({ status, generation = 0 }: Progress): boolean {
  const { desired, applied, observedGeneration = 0, phase } = status ?? {};
  const isCurrent = observedGeneration >= generation && desired !== undefined;
  return isCurrent && applied !== undefined && applied.number >= desired.number && phase === 'Ready';
}

/** `Applying; 2 of 3 layers ready; storage is failed: HEALTH_TIMEOUT …`. */
function describe({ status }: Progress): string {
  const layers = (status?.layers ?? []).filter(({ state }) => state !== 'removed');
  const ready = layers.filter(({ state }) => state === 'ready').length;
  const others = layers
    .filter(({ state }) => state !== 'ready' && state !== 'waiting')
    .map(({ name, state, code, message }) =>
      [`${name} is ${state}`, ...[code, message].filter((text) => text !== undefined)].join(': '),
    );
  const counted = layers.length === 0 ? [] : [`${ready} of ${layers.length} layers ready`];
  return [status?.phase ?? 'Pending', ...counted, ...others].join('; ');
}
