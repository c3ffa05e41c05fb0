import { z } from 'zod';
import type { JsonObject } from '../../../../apply/json.ts';
import { infraError } from '../../errors.ts';
import { type PlacementFinding, placementFindings } from '../placement-findings.ts';

const Name = z.string().min(1).max(255);

/** Names or ids, where nothing else is said. */
const Placement = z.strictObject({
  network: Name,
  /** Where the machine's address comes from; any of the network's when absent. */
  subnet: Name.optional(),
  /** The project's group `default` when absent. */
  securityGroups: z.array(Name).max(10).optional(),
  availabilityZone: Name.optional(),
  /** The id of a server group, by whose policy machines are kept apart. */
  serverGroup: z.uuid().optional(),
  keyName: Name.optional(),
  /** The machine's disk is a volume of its own, of this type or the cloud's usual one. */
  bootVolume: z.union([z.literal(true), z.strictObject({ type: Name })]).optional(),
  /** Addresses that the machine may take beside its own and that of the control plane. */
  allowedAddresses: z
    .array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))
    .max(10)
    .optional(),
});
export type OpenStackPlacement = z.infer<typeof Placement>;

export function checkPlacement(placement: JsonObject): readonly PlacementFinding[] {
  return placementFindings(Placement, placement);
}

/** Throws PLACEMENT_INVALID. */
export function readPlacement(placement: JsonObject | undefined): OpenStackPlacement {
  const read = Placement.safeParse(placement ?? {});
  if (read.success) return read.data;
  throw infraError('PLACEMENT_INVALID', { subject: 'placement', detail: z.prettifyError(read.error) });
}
