import { z } from 'zod';
import { AccountState } from '../api/cloud-account.ts';
import { DriftItem, LayerState } from '../api/cluster-status.ts';
import { InfrastructureState } from '../api/infrastructure.ts';
import { ClusterIdentity } from './envelope.ts';

/** What an agent says of its cluster: the whole of it each time, never a change, so that none can be lost. */
export const REPORT_TYPE = 'application/vnd.skerry.report.v1+json';

/** So that a report always fits into a message and an object. */
export const MAX_REPORT_BYTES = 48 * 1024;

export const Report = z.object({
  version: z.literal(1),
  cluster: ClusterIdentity,
  agentVersion: z.string().max(64),
  /** What of an envelope it knows besides protocol 1. */
  features: z.array(z.string().max(63)).max(64).optional(),
  /** Grows with each report of this cluster, also over restarts. */
  number: z.int().min(1),
  at: z.string(),
  envelope: z.object({
    number: z.int().min(0),
    digest: z.string(),
    state: z.enum(['none', 'applying', 'complete', 'failed', 'paused']),
    /** Since when it has been in this state. */
    since: z.string(),
    /** From accepting it until all layers were ready. */
    seconds: z.number().optional(),
  }),
  /** The latest envelope that was not accepted, and why. */
  refused: z.object({ number: z.int(), code: z.string().max(63), detail: z.string().max(500) }).optional(),
  /** Why the agent has not become the version that its envelope names. */
  upgrade: z
    .object({ version: z.string().max(64), code: z.string().max(63), detail: z.string().max(500) })
    .optional(),
  layers: z.array(LayerState).max(64),
  /** Layers that an envelope named for removal and that are gone. */
  removed: z.array(z.string()).max(64),
  drift: z.object({
    /** Of what is open. What was put back is over, and not counted. */
    count: z.int(),
    /** What is open first, then what was put back lately. */
    items: z.array(DriftItem).max(20),
  }),
  kubernetes: z.string().max(64),
  nodes: z.object({
    ready: z.int(),
    total: z.int(),
    lost: z
      .array(
        z.object({
          name: z.string().max(253),
          since: z.string(),
          reason: z.string().max(200),
          machine: z.string().max(300).optional(),
        }),
      )
      .max(20),
  }),
  capacity: z.object({ cpu: z.number(), memoryBytes: z.number(), pods: z.int() }),
  /** The next of the agent's own and of the API server's certificates to end. */
  certificates: z.array(z.object({ name: z.string().max(100), until: z.string() })).max(10),
  /** What it makes beside a cloud, where it is a gateway. */
  gateway: z
    .object({
      running: z.int(),
      accounts: z
        .array(z.object({ project: z.string().max(63), name: z.string().max(253), state: AccountState }))
        .max(16),
      clusters: z
        .array(
          z.object({ project: z.string().max(63), name: z.string().max(63), state: InfrastructureState }),
        )
        .max(100),
      backup: z.object({ at: z.string(), digest: z.string().max(135) }).optional(),
    })
    .optional(),
});
export type Report = z.infer<typeof Report>;

/** One thing that an agent did or met, numbered without a gap and chained by hash, kept until the hub has it. */
const KnownEvent = z.object({
  number: z.int().min(1),
  at: z.string(),
  kind: z.enum([
    'accepted',
    'refused',
    'applied',
    'failed',
    'removed',
    'drift',
    'corrected',
    'contested',
    'renewed',
    'gap',
  ]),
  subject: z.string().max(400),
  detail: z.string().max(500).optional(),
  by: z.string().max(200).optional(),
  /** SHA-256 of the event before, as JSON. */
  previous: z.string().max(80),
});
export type AgentEvent = z.infer<typeof KnownEvent>;
/** With what a newer agent adds: the hash that chains the next event is of all of it. */
export const AgentEvent: z.ZodType<AgentEvent> = KnownEvent.loose();
