import { z } from 'zod';

/** What the bench says to the process that plays the agents. */
export const CrowdOrder = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('make'), names: z.array(z.string()) }),
  z.object({
    kind: z.literal('connect'),
    project: z.string(),
    hub: z.object({
      urls: z.array(z.string()).min(1),
      authorities: z.array(z.string()),
      keys: z.array(z.string()),
    }),
    agents: z.array(z.object({ name: z.string(), id: z.string(), certificate: z.string() })),
  }),
]);
export type CrowdOrder = z.infer<typeof CrowdOrder>;

/** What that process answers and tells. */
export const CrowdNews = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('made'),
    agents: z.array(
      z.object({
        name: z.string(),
        publicKey: z.string(),
        key: z.string(),
        sealingKey: z.record(z.string(), z.unknown()),
      }),
    ),
  }),
  /** Number of the envelope that an agent holds, and whether it has a connection. */
  z.object({ kind: z.literal('state'), name: z.string(), connected: z.boolean(), number: z.int() }),
  z.object({ kind: z.literal('trouble'), text: z.string() }),
]);
export type CrowdNews = z.infer<typeof CrowdNews>;
export type MadeAgent = Extract<CrowdNews, { kind: 'made' }>['agents'][number];
