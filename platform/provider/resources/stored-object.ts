import { z } from 'zod';

/** What is read of the hub's answer about any object. */
export const StoredObject = z.looseObject({
  name: z.string(),
  project: z.string(),
  uid: z.string(),
  labels: z.record(z.string(), z.string()).optional(),
  spec: z.record(z.string(), z.unknown()),
  status: z.record(z.string(), z.unknown()).optional(),
});
export type StoredObject = z.infer<typeof StoredObject>;
