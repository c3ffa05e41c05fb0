import { z } from 'zod';

/** What an agent does about a change that somebody else made to what a profile owns. */
const DriftMode = z
  .enum(['observe', 'alert', 'correct'])
  .meta({ description: 'observe: report it; alert: and raise an alert; correct: put it back.' });

export const DriftPolicy = z.strictObject({
  mode: DriftMode,
  ignore: z
    .array(
      z.strictObject({
        kind: z.string().max(63).optional(),
        name: z.string().max(253).optional(),
        field: z.string().max(200).meta({
          description: 'As the API server writes it, e.g. .spec.replicas; what lies below it is meant too.',
        }),
      }),
    )
    .max(8)
    .optional(),
});
export type DriftPolicy = z.infer<typeof DriftPolicy>;
