import { z } from 'zod';
import type { KubeClient } from '../../../apply/client/client.ts';
import { type RecordOptions, readRecord, writeRecord } from '../../../apply/record.ts';
import { AGENT_STATE } from '../../desired/agent-names.ts';
import { Signed } from '../../desired/message.ts';
import { AgentEvent } from '../../desired/report.ts';
import { platformError } from '../../errors.ts';

const Numbered = z.object({ number: z.int(), digest: z.string(), signed: Signed });

/** A layer that was applied, and is in the cluster as far as the agent knows. */
export const AppliedLayer = z.object({
  namespace: z.string(),
  onRemove: z.enum(['prune', 'keep']),
  /** Of all that decides what it comes to. */
  digest: z.string(),
  /** Its health gate was passed. */
  complete: z.boolean(),
  version: z.string(),
  packDigest: z.string(),
  objects: z.int().optional(),
  seconds: z.number().optional(),
});
export type AppliedLayer = z.infer<typeof AppliedLayer>;

/** An object that was asked to go with its layer. */
const LeavingObject = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.object({ name: z.string(), namespace: z.string().optional() }),
});

/** What the agent remembers of its own doing, besides the envelope that it holds. */
export const Journal = z.object({
  version: z.literal(1),
  /** When the envelope with this digest was accepted, and when it was complete. */
  envelope: z
    .object({
      digest: z.string(),
      acceptedAt: z.string(),
      completedAt: z.string().optional(),
      seconds: z.number().optional(),
    })
    .optional(),
  refused: z.object({ number: z.int(), code: z.string(), detail: z.string() }).optional(),
  /** By name, in the order in which they were applied. */
  applied: z.record(z.string(), AppliedLayer),
  removed: z.array(z.string()),
  /** By name of the layer that is on its way out: Helm forgets what finalizers still hold. */
  leaving: z.record(z.string(), z.array(LeavingObject)).default({}),
  reportNumber: z.int(),
  report: Numbered.optional(),
  lastEvent: z.object({ number: z.int(), hash: z.string() }),
  events: z.array(AgentEvent),
});
export type Journal = z.infer<typeof Journal>;

export const EMPTY_JOURNAL: Journal = {
  version: 1,
  applied: {},
  removed: [],
  leaving: {},
  reportNumber: 0,
  lastEvent: { number: 0, hash: '' },
  events: [],
};

export type JournalClient = Pick<KubeClient, 'get' | 'create' | 'replace'>;

/** Where the journal is kept. */
export interface JournalPlace {
  readonly client: JournalClient;
  readonly namespace: string;
  readonly signal: AbortSignal;
}

/** Throws AGENT_STATE_INVALID. */
export async function readJournal(place: JournalPlace): Promise<Journal> {
  return (await readRecord(recordOf(place), { signal: place.signal }))?.value ?? EMPTY_JOURNAL;
}

/** Writes it whatever is there: only the holder of the agent's Lease writes. */
export async function writeJournal(place: JournalPlace, value: Journal): Promise<void> {
  const { client, namespace, signal } = place;
  const metadata = { name: AGENT_STATE, namespace };
  const found = await client.get({ apiVersion: 'v1', kind: 'ConfigMap', metadata }, { signal });
  const resourceVersion = found?.metadata.resourceVersion;
  await writeRecord(recordOf(place), { value, resourceVersion }, { signal });
}

function recordOf({ client, namespace }: JournalPlace): RecordOptions<Journal> {
  return {
    client,
    name: AGENT_STATE,
    namespace,
    key: 'journal.json',
    labels: { 'app.kubernetes.io/part-of': 'skerry' },
    schema: Journal,
    invalid: (subject, detail) => platformError('AGENT_STATE_INVALID', { subject, detail }),
  };
}
