import { z } from 'zod';
import type { JsonObject } from '../../../../apply/json.ts';
import { type PlacementFinding, placementFindings } from '../placement-findings.ts';

const Name = z.string().min(1).max(500);

/** Where a machine goes: names, or paths of the inventory as `/DC0/vm/folder`. What is left out is the only one there is. */
export const VspherePlacement = z.strictObject({
  datacenter: Name.optional(),
  /** A cluster or a host; its own resource pool is taken. */
  cluster: Name.optional(),
  resourcePool: Name.optional(),
  datastore: Name.optional(),
  folder: Name.optional(),
  /** Of the machine's first card; that of the template when absent. */
  network: Name.optional(),
  /** A clone that shares the template's disk, which must have a snapshot then. */
  linkedClone: z.boolean().optional(),
  /** By name: where Cluster API puts a machine of a failure domain. Laid over the rest. */
  failureDomains: z
    .record(
      z.string().max(63),
      z.strictObject({
        cluster: Name.optional(),
        resourcePool: Name.optional(),
        datastore: Name.optional(),
        network: Name.optional(),
      }),
    )
    .optional(),
  failureDomain: z.string().max(63).optional(),
});
export type VspherePlacement = z.infer<typeof VspherePlacement>;

/** The placement with what its failure domain lays over it; undefined where that is not there. */
export function resolvedPlacement(placement: VspherePlacement): VspherePlacement | undefined {
  const { failureDomain, failureDomains, ...rest } = placement;
  if (failureDomain === undefined) return rest;
  const domain = failureDomains?.[failureDomain];
  return domain === undefined ? undefined : { ...rest, ...domain };
}

export function checkPlacement(placement: JsonObject): readonly PlacementFinding[] {
  const read = VspherePlacement.safeParse(placement);
  if (!read.success) return placementFindings(VspherePlacement, placement);
  return resolvedPlacement(read.data) === undefined
    ? [{ path: 'failureDomain', detail: 'is none of failureDomains' }]
    : [];
}
