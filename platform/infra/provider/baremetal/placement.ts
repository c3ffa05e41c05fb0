import { z } from 'zod';
import type { JsonObject } from '../../../../apply/json.ts';
import { type PlacementFinding, placementFindings } from '../placement-findings.ts';

/** What a cluster or pool may say of where its machines are. */
export const BareMetalPlacement = z.strictObject({
  resourceClass: z.string().max(80).optional(),
  traits: z.array(z.string().max(255)).max(50).optional(),
  capabilities: z.record(z.string(), z.string()).optional(),
  /** Names of nodes; any when absent. */
  nodes: z.array(z.string().max(253)).max(500).optional(),
});
export type BareMetalPlacement = z.infer<typeof BareMetalPlacement>;

export function checkPlacement(placement: JsonObject): readonly PlacementFinding[] {
  return placementFindings(BareMetalPlacement, placement);
}
