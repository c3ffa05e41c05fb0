import { z } from 'zod';
import type { JsonObject } from '../../../../apply/json.ts';
import { type PlacementFinding, placementFindings } from '../placement-findings.ts';

const Placement = z.looseObject({
  vpc: z.string().regex(/^vpc-[0-9a-z]+$/),
  subnets: z.array(z.string().regex(/^subnet-[0-9a-z]+$/)).min(2),
  clusterRole: z.string().regex(/^[\w+=,.@-]{1,64}$/),
  nodeRole: z.string().regex(/^[\w+=,.@-]{1,64}$/),
});

export function checkPlacement(placement: JsonObject): readonly PlacementFinding[] {
  return placementFindings(Placement, placement);
}
