import { z } from 'zod';
import { celProblem } from '../apply/health/cel.ts';

const ObjectName = z.string().min(1).max(253);

const Http = z
  .strictObject({
    service: ObjectName.describe('A Service in the namespace of the component'),
    port: z
      .union([z.int().min(1).max(65535), z.string().min(1).max(63)])
      .describe('Its port or the name of it'),
    path: z.string().regex(/^\//, 'a path such as /readyz').default('/'),
    scheme: z.enum(['http', 'https']).default('http'),
  })
  .describe('Passes when a GET by way of the API server is answered with a status below 400');

const Cel = z
  .strictObject({
    apiVersion: z.string().min(1).max(253),
    kind: z.string().min(1).max(63),
    name: ObjectName,
    namespace: ObjectName.optional().describe('That of the component when absent'),
    expression: z
      .string()
      .max(4000)
      .refine((text) => celProblem(text) === undefined, {
        error: ({ input }) =>
          `no CEL expression over self that is true or false: ${celProblem(String(input))}`,
      }),
  })
  .describe('Passes when a CEL expression over self is true of an object');

const Job = ObjectName.describe(
  'Passes when a Job made from this CronJob of the component, which may be suspended, succeeds',
);

const Check = z
  .strictObject({ http: Http.optional(), job: Job.optional(), cel: Cel.optional() })
  .refine(
    (check) => Object.values(check).filter((part) => part !== undefined).length === 1,
    'give one of http, job and cel',
  );

/** What a component has to pass besides its health before an upgrade goes on. */
export const GateSchema = z.strictObject({
  soakSeconds: z
    .int()
    .min(0)
    .max(3600)
    .default(0)
    .describe('How long the component has to stay healthy and http and cel checks have to pass'),
  checks: z.array(Check).max(50).default([]),
});
export type Gate = z.infer<typeof GateSchema>;
export type GateCheck = Gate['checks'][number];

/** What keeps a component’s own data before an upgrade. */
export const BackupSchema = z.strictObject({
  cronJob: ObjectName.describe(
    'A CronJob of the component, which may be suspended: a Job is made from it before an upgrade, and what its pod prints is kept in the checkpoint, at most 1 MiB',
  ),
});
