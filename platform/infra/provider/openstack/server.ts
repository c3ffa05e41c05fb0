import { z } from 'zod';
import type { ObservedMachine } from '../machine.ts';

/** Nova's "Servers", as much of it as is used. */
export const Server = z.object({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  created: z.string().optional(),
  metadata: z.record(z.string(), z.string()).default({}),
  addresses: z.record(z.string(), z.array(z.object({ addr: z.string() }))).default({}),
  'OS-EXT-STS:task_state': z.string().nullish(),
  fault: z.object({ message: z.string() }).nullish(),
});
export type Server = z.infer<typeof Server>;

/** Nova's "Server concepts": what is not one of these changes by itself, or is somebody's work. */
const OFF = new Set([
  'SHUTOFF',
  'PAUSED',
  'SUSPENDED',
  'SHELVED',
  'SHELVED_OFFLOADED',
  'ERROR',
  'SOFT_DELETED',
]);
const ON = new Set(['ACTIVE', 'PASSWORD', 'RESCUE', 'VERIFY_RESIZE']);

export function powerOf(server: Server): 'on' | 'off' | 'changing' {
  // A task that broke off stays named in a server that failed.
  if (server.status === 'ERROR') return 'off';
  if (typeof server['OS-EXT-STS:task_state'] === 'string') return 'changing';
  if (OFF.has(server.status)) return 'off';
  return ON.has(server.status) ? 'on' : 'changing';
}

/** The action that switches a server on, by where it is; undefined where nothing can be done. */
export function actionToStart({ status }: Server): string | undefined {
  const actions: Record<string, string> = {
    SHUTOFF: 'os-start',
    PAUSED: 'unpause',
    SUSPENDED: 'resume',
    SHELVED: 'unshelve',
    SHELVED_OFFLOADED: 'unshelve',
  };
  return actions[status];
}

export function observedOf(server: Server): Extract<ObservedMachine, { state: 'present' }> {
  return {
    state: 'present',
    reference: server.id,
    // Nova makes a server with all that belongs to it, or none.
    isComplete: true,
    power: powerOf(server),
    addresses: addressesOf(server),
    failure: server.status === 'ERROR' ? (server.fault?.message ?? 'the cloud gives no reason') : undefined,
  };
}

export function addressesOf({ addresses }: Server): string[] {
  return Object.values(addresses).flatMap((list) => list.map(({ addr }) => addr));
}

/** Of several servers with one mark (Nova itself excludes nothing) the one that is the machine: the first that holds. */
export function foremost(servers: readonly Server[]): Server | undefined {
  return servers.toSorted(
    (one, other) =>
      Number(one.status === 'ERROR') - Number(other.status === 'ERROR') ||
      (one.created ?? '').localeCompare(other.created ?? '') ||
      one.id.localeCompare(other.id),
  )[0];
}
