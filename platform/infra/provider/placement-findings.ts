import type { z } from 'zod';
import type { JsonObject } from '../../../apply/json.ts';

export interface PlacementFinding {
  readonly path: string;
  readonly detail: string;
}

/** What a schema finds wrong with a placement, by path. */
export function placementFindings(schema: z.ZodType, placement: JsonObject): PlacementFinding[] {
  const issues = schema.safeParse(placement).error?.issues ?? [];
  return issues.map(({ path, message }) => ({ path: path.join('.'), detail: message }));
}
