import { type AgentFile, type Sign, sealAgentFile } from '../../desired/carry/agent-file.ts';
import type { ClusterIdentity } from '../../desired/envelope.ts';
import { type AgentMessage, type EnrollRequest, MAX_EVENTS } from '../../desired/message.ts';
import { PROTOCOLS } from '../../desired/protocol.ts';
import type { Holder } from '../exchange/holder.ts';

/** Who the agent is, as far as it knows. */
export interface CarriedIdentity {
  readonly publicKey: string;
  readonly cluster: ClusterIdentity | undefined;
  /** While nobody has accepted it. */
  readonly enroll: EnrollRequest | undefined;
  /** A certificate request (PEM) once it was accepted: the next stick brings the certificate. */
  readonly csr: string | undefined;
  readonly agentVersion: string;
}

/** Of a Secret, base64 within base64 and all. */
const MAX_FILE_BYTES = 44 * 1024;

export type Said = Pick<Holder, 'held' | 'report' | 'events'>;

/** All that the agent has to say, as the wire would carry it; the whole of it each time. */
export function outboxMessages(said: Said, identity: CarriedIdentity): AgentMessage[] {
  const { cluster, csr, agentVersion } = identity;
  if (cluster === undefined) return [];
  const [held, report, events] = [said.held(), said.report(), said.events(0)];
  const chunks = Array.from({ length: Math.ceil(events.length / MAX_EVENTS) }, (_, index) =>
    events.slice(index * MAX_EVENTS, (index + 1) * MAX_EVENTS),
  );
  return [
    {
      kind: 'hello',
      protocol: PROTOCOLS.newest,
      oldestProtocol: PROTOCOLS.oldest,
      agentVersion,
      number: held?.number ?? 0,
      digest: held?.digest ?? '',
      reportNumber: report?.number ?? 0,
      reportDigest: report?.digest ?? '',
      eventNumber: events.at(-1)?.number ?? 0,
    },
    // A hub that was restored from a backup has nobody else to learn it from.
    ...(held === undefined ? [] : [{ kind: 'envelope', envelope: held.signed } as const]),
    ...(report === undefined ? [] : [{ kind: 'report', report: report.signed } as const]),
    ...chunks.map((some) => ({ kind: 'events', events: some, oldest: events[0]?.number ?? 0 }) as const),
    ...(csr === undefined ? [] : [{ kind: 'renew', csr } as const]),
  ];
}

/**
 * The same as the file that is carried. Where it would be too large for a Secret the latest events wait for the next
 * one, since they must come without a gap, and then the envelope.
 */
export function outboxFile(said: Said, identity: CarriedIdentity, now: Date, sign: Sign): string {
  const { publicKey, cluster, enroll } = identity;
  let messages = outboxMessages(said, identity);
  for (;;) {
    const file: AgentFile = { version: 1, at: now.toISOString(), publicKey, cluster, enroll, messages };
    const text = sealAgentFile(file, sign);
    if (Buffer.byteLength(text) <= MAX_FILE_BYTES) return text;
    const shorter = withLess(messages);
    if (shorter === undefined) return text;
    messages = shorter;
  }
}

function withLess(messages: readonly AgentMessage[]): AgentMessage[] | undefined {
  const last = messages.findLastIndex(({ kind }) => kind === 'events');
  const found = messages[last];
  if (found?.kind === 'events') {
    const half = found.events.slice(0, Math.floor(found.events.length / 2));
    return half.length === 0 ? messages.toSpliced(last, 1) : messages.with(last, { ...found, events: half });
  }
  const envelope = messages.findIndex(({ kind }) => kind === 'envelope');
  return envelope === -1 ? undefined : messages.toSpliced(envelope, 1);
}
