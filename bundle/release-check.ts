import { z } from 'zod';
import { celProblem } from '../apply/health/cel.ts';

const ObjectName = z.string().min(1).max(253);

/** Something of its own that a release wants to have looked at before an upgrade to it. */
export const ReleaseCheckSchema = z.strictObject({
  object: z
    .strictObject({
      apiVersion: z.string().min(1).max(253),
      kind: z.string().min(1).max(63),
      name: ObjectName.optional().describe('One object; all of the kind when absent'),
      namespace: ObjectName.optional().describe('All namespaces when absent'),
    })
    .describe('What is looked at, in the cluster as it is before the upgrade'),
  cel: z
    .string()
    .max(4000)
    .refine((text) => celProblem(text) === undefined, {
      error: ({ input }) => `no CEL expression over self that is true or false: ${celProblem(String(input))}`,
    })
    .describe('A CEL expression over self that has to be true of each'),
  missing: z
    .enum(['passes', 'fails'])
    .default('passes')
    .describe('What it means that there is no such object'),
  severity: z
    .enum(['blocks', 'warns', 'notes'])
    .default('blocks')
    .describe('blocks: no upgrade before it holds; warns and notes are told in the plan'),
  message: z.string().min(1).max(1000).describe('What is wrong when it does not hold'),
  remedy: z.string().min(1).max(1000).describe('What the operator has to do'),
});
export type ReleaseCheck = z.infer<typeof ReleaseCheckSchema>;
