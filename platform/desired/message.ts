import { z } from 'zod';
import { AgentEvent } from './report.ts';

/**
 * What agent and hub say to each other: on the wire each as one WebSocket text, on a stick each as one file. All of it
 * is about states, told by number and digest; saying something twice, late or not at all does no harm. The two may be of
 * different versions: fields and kinds of message that a side does not know are passed over, and protocol-1.test.ts
 * holds what no version may take away; protocol.ts says which versions work together.
 */

/** Bytes; larger messages are refused. */
export const MAX_MESSAGE_BYTES = 128 * 1024;

/** In one message. */
export const MAX_EVENTS = 100;

/** A signed text: JSON of a DSSE envelope (secure-systems-lab/dsse), its payload base64. */
export const Signed = z.object({
  payloadType: z.string().max(200),
  payload: z.string().max(MAX_MESSAGE_BYTES),
  signatures: z
    .array(z.object({ keyid: z.string().max(100), sig: z.string().max(1000) }))
    .min(1)
    .max(4),
});
export type Signed = z.infer<typeof Signed>;

export const AgentMessage = z.discriminatedUnion('kind', [
  /** First, and again whenever the agent likes: what it has. */
  z.object({
    kind: z.literal('hello'),
    /** The newest that it speaks, and the oldest; only the newest where it does not say. */
    protocol: z.int().min(1),
    oldestProtocol: z.int().min(1).optional(),
    agentVersion: z.string().max(64),
    /** Of the envelope that it holds; 0 and empty when none. */
    number: z.int().min(0),
    digest: z.string().max(135),
    /** Of its latest report; 0 and empty when none. */
    reportNumber: z.int().min(0),
    reportDigest: z.string().max(135),
    /** Of its latest event; 0 when none. */
    eventNumber: z.int().min(0),
  }),
  /** A Report, signed by the agent's key. */
  z.object({ kind: z.literal('report'), report: Signed }),
  z.object({
    kind: z.literal('events'),
    events: z.array(AgentEvent).max(MAX_EVENTS),
    /** Number of the first event that the agent still keeps: what the hub misses before it is lost. */
    oldest: z.int().min(0),
  }),
  /** The envelope that it holds, for a hub that knows less. */
  z.object({ kind: z.literal('envelope'), envelope: Signed }),
  /** Asks for a new certificate for the same key: a CSR in PEM. */
  z.object({ kind: z.literal('renew'), csr: z.string().max(8192) }),
]);
export type AgentMessage = z.infer<typeof AgentMessage>;

export const HubMessage = z.discriminatedUnion('kind', [
  /** Answers hello: what the hub has of this agent. */
  z.object({
    kind: z.literal('welcome'),
    /** The newest that both speak. */
    protocol: z.int().min(1),
    time: z.string().max(40),
    reportNumber: z.int().min(0),
    reportDigest: z.string().max(135),
    eventNumber: z.int().min(0),
    /** SHA-256 of that event, as the next one would say it; absent where the hub does not know. */
    eventHash: z.string().max(80).optional(),
    /** The agent says that it is alive at least so often. */
    pingSeconds: z.number(),
  }),
  /** The envelope that is to be held. */
  z.object({ kind: z.literal('offer'), envelope: Signed }),
  /** The agent holds a higher number than the hub knows: it should send its envelope. */
  z.object({ kind: z.literal('behind') }),
  z.object({ kind: z.literal('have'), reportNumber: z.int().min(0), eventNumber: z.int().min(0) }),
  z.object({ kind: z.literal('certificate'), certificate: z.string().max(16_384) }),
  z.object({ kind: z.literal('refused'), code: z.string().max(63), detail: z.string().max(500) }),
  /** Come back after so long; the connection is closed. */
  z.object({ kind: z.literal('retry'), afterMs: z.int() }),
]);
export type HubMessage = z.infer<typeof HubMessage>;

const AGENT_KINDS = new Set<unknown>(AgentMessage.options.map(({ shape }) => shape.kind.value));
const HUB_KINDS = new Set<unknown>(HubMessage.options.map(({ shape }) => shape.kind.value));
const AnyMessage = z.object({ kind: z.string().max(63) });

/** Whether it is of a kind that a newer agent may say: it is passed over, not refused. */
export function isNewAgentMessage(value: unknown): boolean {
  const { success, data } = AnyMessage.safeParse(value);
  return success && !AGENT_KINDS.has(data.kind);
}

/** Whether it is of a kind that a newer hub may say. */
export function isNewHubMessage(value: unknown): boolean {
  const { success, data } = AnyMessage.safeParse(value);
  return success && !HUB_KINDS.has(data.kind);
}

/** Messages of a file, without those of kinds that are not known here. */
export function knownMessages<T extends z.ZodType>(message: T, isNew: (value: unknown) => boolean) {
  return z.preprocess(
    (value) => (Array.isArray(value) ? value.filter((each) => !isNew(each)) : value),
    z.array(message),
  );
}

/** `POST /enroll` at the agents' door. Repeating it with the same key is how an agent waits for being accepted. */
export const EnrollRequest = z.object({
  /** Absent when a key that was accepted earlier asks for a new certificate. */
  token: z.string().max(200).optional(),
  csr: z.string().max(8192),
  /** UID of the kube-system namespace. */
  id: z.string().max(64),
  /** Public key (JWK) that secrets are sealed for. */
  sealingKey: z.record(z.string(), z.unknown()),
  agentVersion: z.string().max(64),
});
export type EnrollRequest = z.infer<typeof EnrollRequest>;

export const EnrollAnswer = z.discriminatedUnion('state', [
  z.object({ state: z.literal('waiting'), key: z.string(), retryMs: z.int() }),
  z.object({
    state: z.literal('accepted'),
    certificate: z.string(),
    project: z.string(),
    cluster: z.string(),
    hub: z.object({ urls: z.array(z.string()), authorities: z.array(z.string()), keys: z.array(z.string()) }),
  }),
]);
export type EnrollAnswer = z.infer<typeof EnrollAnswer>;
