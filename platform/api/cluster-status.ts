import { z } from 'zod';
import { Time } from './names.ts';

/** As Kubernetes' own objects have them (metav1.Condition). */
export const Condition = z.object({
  type: z.string().max(63),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string().max(63),
  message: z.string().max(1000),
  lastTransitionTime: Time,
});
export type Condition = z.infer<typeof Condition>;

/** One change that somebody else made to something that a profile owns. */
export const DriftItem = z.object({
  layer: z.string().max(63),
  object: z.string().max(400).meta({ description: 'As Kind.group namespace/name.' }),
  what: z.enum(['changed', 'deleted']),
  fields: z.array(z.string().max(200)).max(10),
  by: z.string().max(200).optional().meta({ description: 'The field manager that made it.' }),
  at: Time,
  state: z.enum(['found', 'corrected', 'contested', 'failed']),
  code: z.string().max(63).optional().meta({ description: 'Why it could not be put back.' }),
  alert: z.boolean().optional().meta({ description: "True where the layer's policy asks for an alert." }),
});
export type DriftItem = z.infer<typeof DriftItem>;

/** How one layer of a cluster fares. */
export const LayerState = z.object({
  name: z.string().max(63),
  version: z.string().max(64),
  digest: z.string().max(135),
  state: z.enum(['waiting', 'applying', 'ready', 'degraded', 'failed', 'removing', 'removed']),
  code: z.string().max(63).optional(),
  message: z.string().max(500).optional(),
  seconds: z.number().optional().meta({ description: 'From the start of applying until it was ready.' }),
  objects: z.int().optional(),
});
export type LayerState = z.infer<typeof LayerState>;
