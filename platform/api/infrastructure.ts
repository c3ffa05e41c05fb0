import { z } from 'zod';
import { Condition } from './cluster-status.ts';
import { Time } from './names.ts';

/** A machine of a cluster as people are told of it. */
export const MachineState = z.object({
  name: z.string().max(253),
  /** `control-plane`, or the name of the pool. */
  pool: z.string().max(63),
  phase: z.enum([
    'waiting',
    'creating',
    'starting',
    'joining',
    'ready',
    'unhealthy',
    'vanished',
    'failed',
    'deleting',
  ]),
  since: Time,
  /** What identifies it in the cloud. */
  id: z.string().max(200).optional(),
  address: z.string().max(50).optional(),
  kubernetes: z.string().max(32).optional(),
  /** Why it is not ready: a code of docs/errors.md, and words. */
  code: z.string().max(63).optional(),
  detail: z.string().max(500).optional(),
  /** The end of its console, of one that did not join, where its cloud has that. */
  console: z.object({ at: Time, text: z.string().max(2000) }).optional(),
});
export type MachineState = z.infer<typeof MachineState>;

/** How the machines of a cluster that was made fare. */
export const InfrastructureState = z.object({
  phase: z.enum(['Waiting', 'Provisioning', 'Provisioned', 'Scaling', 'Upgrading', 'Failed', 'Deleting']),
  endpoint: z.string().max(300).optional(),
  kubernetes: z.string().max(32).optional(),
  controlPlane: z.object({ ready: z.int(), wanted: z.int() }),
  pools: z
    .array(
      z.object({
        name: z.string().max(63),
        ready: z.int(),
        wanted: z.int(),
        code: z.string().max(63).optional(),
        detail: z.string().max(500).optional(),
      }),
    )
    .max(16),
  /** Those that are not ready first. */
  machines: z.array(MachineState).max(50),
  /** Machines that were replaced in the last seven days, by cause. */
  replaced: z
    .array(
      z.object({
        machine: z.string().max(253),
        at: Time,
        code: z.string().max(63),
        detail: z.string().max(500),
      }),
    )
    .max(20)
    .optional(),
  /** Whether the agent is in the cluster: a condition AgentInstalled. Others as their controllers say them. */
  conditions: z.array(Condition).max(8).optional(),
});
export type InfrastructureState = z.infer<typeof InfrastructureState>;
