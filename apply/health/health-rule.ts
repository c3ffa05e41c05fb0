import { z } from 'zod';
import type { KubeObject } from '../object.ts';
import { celStatus } from './cel.ts';
import type { ObjectStatus } from './object-status.ts';

/** What a release says about the health of objects of one kind. */
export const HealthRuleSchema = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  /** All objects of the kind when absent. */
  name: z.string().optional(),
  namespace: z.string().optional(),
  /** An expression over `self` that is true once the object is healthy. */
  cel: z.string().optional(),
  /** They count as healthy, whatever their status. */
  ignore: z.boolean().optional(),
});
export type HealthRule = z.infer<typeof HealthRuleSchema>;

/** The rule for an object: the first that fits. */
export function ruleFor(
  { apiVersion, kind, metadata }: KubeObject,
  rules: readonly HealthRule[],
): HealthRule | undefined {
  return rules.find(
    (rule) =>
      rule.apiVersion === apiVersion &&
      rule.kind === kind &&
      (rule.name ?? metadata.name) === metadata.name &&
      (rule.namespace ?? metadata.namespace) === metadata.namespace,
  );
}

/** The status of an object by a rule's expression. */
export function ruledStatus(object: KubeObject, { cel = 'true' }: HealthRule): ObjectStatus {
  return celStatus(object, cel);
}
