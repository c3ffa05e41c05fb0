import { z } from 'zod';
import { AnyValue } from '../../../api/names.ts';
import { MachineHealth, type MachinePool, type Provisioning } from '../../../api/provisioning.ts';
import { isWanted } from './kubernetes-version.ts';

const Machine = z.object({
  template: z.string().optional(),
  flavor: z.string().optional(),
  cpus: z.int().optional(),
  memoryMiB: z.int().optional(),
  diskGiB: z.int().optional(),
  placement: z.record(z.string(), AnyValue).optional(),
});

/** What is read of the values of a cluster's layer. */
export const HeldValues = z.object({
  cluster: z.object({ project: z.string(), name: z.string() }),
  kubernetes: z.string(),
  controlPlane: z.object({ replicas: z.int() }),
  pools: z
    .array(
      z.object({
        name: z.string(),
        replicas: z.int(),
        machine: Machine.default({}),
        labels: z.record(z.string(), z.string()).optional(),
        health: MachineHealth.optional(),
      }),
    )
    .default([]),
});
export type HeldValues = z.infer<typeof HeldValues>;

/**
 * What a cluster asks for, with all of it that machines would be deleted or replaced for as a gateway holds it: version,
 * pools and their numbers. A hub that was restored from an old backup knows only what was asked for then.
 */
export function heldProvision(
  provision: Provisioning,
  { kubernetes, controlPlane, pools }: HeldValues,
): Provisioning {
  const before = new Map((provision.pools ?? []).map((pool) => [pool.name, pool]));
  const held = pools.map((pool): MachinePool => {
    const known = before.get(pool.name);
    return known === undefined ? poolOf(pool, provision) : { ...known, replicas: pool.replicas };
  });
  return {
    ...provision,
    kubernetes: isWanted(kubernetes, provision.kubernetes) ? provision.kubernetes : kubernetes,
    controlPlane: { ...provision.controlPlane, replicas: controlPlane.replicas },
    ...(held.length === 0 && provision.pools === undefined ? {} : { pools: held }),
  };
}

function poolOf(
  { name, replicas, machine, labels, health }: HeldValues['pools'][number],
  { controlPlane }: Provisioning,
): MachinePool {
  const { template, flavor, cpus, memoryMiB, diskGiB, placement } = machine;
  const parts =
    cpus === undefined || memoryMiB === undefined
      ? undefined
      : { cpus, memoryMiB, ...(diskGiB === undefined ? {} : { diskGiB }) };
  return {
    name,
    replicas,
    size: flavor ?? parts ?? controlPlane.size,
    ...(template === undefined ? {} : { template }),
    ...(placement === undefined ? {} : { placement }),
    ...(labels === undefined ? {} : { labels }),
    ...(health === undefined ? {} : { health }),
  };
}
