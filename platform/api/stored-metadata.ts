import { z } from 'zod';

/** Metadata of custom resources as they are read from the API server. */
export const StoredMetadata = z.object({
  name: z.string(),
  namespace: z.string(),
  uid: z.string(),
  generation: z.int().default(1),
  creationTimestamp: z.string().default(''),
  deletionTimestamp: z.string().optional(),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
  finalizers: z.array(z.string()).default([]),
});
