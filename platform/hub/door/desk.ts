import type { KeyObject } from 'node:crypto';
import { isSkerryError } from '../../../content/error.ts';
import { tryJson } from '../../../content/json.ts';
import { digestOf, verify } from '../../desired/dsse.ts';
import { ENVELOPE_TYPE, Envelope } from '../../desired/envelope.ts';
import { checkEvents, type EventMark } from '../../desired/events.ts';
import type { AgentMessage, HubMessage, Signed } from '../../desired/message.ts';
import { agreedProtocol, PROTOCOLS, type Protocols } from '../../desired/protocol.ts';
import { type AgentEvent, REPORT_TYPE, Report } from '../../desired/report.ts';
import { platformError } from '../../errors.ts';
import type {
  AgentIdentity,
  ClusterName,
  EventSink,
  LastReport,
  Revision,
  Revisions,
  StatusSink,
  Transport,
} from './ports.ts';

export interface DeskOptions {
  readonly revisions: Pick<Revisions, 'current' | 'signed' | 'adopt'>;
  readonly status: StatusSink;
  readonly events: EventSink;
  /** Public keys of all signatures of this hub that are trusted. */
  readonly keys: () => readonly KeyObject[];
  /** A certificate (PEM) for the same key. Throws CSR_INVALID, CSR_KEY_WRONG. */
  readonly renew: (agent: AgentIdentity, csr: string) => Promise<string>;
  /** The time of day. */
  readonly now: () => Date;
  readonly pingSeconds: number;
  /** What the hub speaks; that of this version when absent. */
  readonly protocols?: Protocols | undefined;
}

type Of<K extends AgentMessage['kind']> = Extract<AgentMessage, { kind: K }>;

/**
 * The hub's side of the exchange, whatever carries it: an agent's messages go in, answers come out. What an agent says
 * is taken by number, so that twice, late or not at all does no harm.
 */
export class Desk {
  readonly #options: DeskOptions;
  /** One message of a cluster at a time. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** The answers to one message. What is wrong with it is an answer too; only failures of the hub are thrown. */
  async handle(agent: AgentIdentity, message: AgentMessage, transport: Transport): Promise<HubMessage[]> {
    const answer = async () => await this.#answer(agent, message, transport);
    return await this.#inTurn(agent, async () => await answer().catch(refuse));
  }

  /** The envelope that the agent of a cluster should hold, when it holds this number of it or none. */
  async offer(cluster: ClusterName, held: number): Promise<HubMessage[]> {
    const current = await this.#options.revisions.current(cluster);
    return current === undefined || current.number <= held ? [] : await this.#offerOf(cluster, current);
  }

  async #offerOf(cluster: ClusterName, revision: Revision): Promise<HubMessage[]> {
    const envelope = await this.#options.revisions.signed(cluster, revision);
    return envelope === undefined ? [] : [{ kind: 'offer', envelope }];
  }

  async #nextStep(agent: AgentIdentity, held: Held): Promise<HubMessage[]> {
    const current = await this.#options.revisions.current(agent);
    if (isBehind(current, held)) return [{ kind: 'behind' }];
    return current === undefined || current.number === held.number ? [] : await this.#offerOf(agent, current);
  }

  async #answer(agent: AgentIdentity, message: AgentMessage, transport: Transport): Promise<HubMessage[]> {
    switch (message.kind) {
      case 'hello':
        return await this.#welcome(agent, message, transport);
      case 'report':
        return await this.#takeReport(agent, message.report, transport);
      case 'events':
        return await this.#takeEvents(agent, message);
      case 'envelope':
        return await this.#takeEnvelope(agent, message.envelope);
      case 'renew':
        return [{ kind: 'certificate', certificate: await this.#options.renew(agent, message.csr) }];
    }
  }

  async #welcome(agent: AgentIdentity, hello: Of<'hello'>, transport: Transport): Promise<HubMessage[]> {
    const { status, events, now, pingSeconds } = this.#options;
    const { agentVersion } = hello;
    const protocol = this.#agree(agent, hello, (problem) =>
      status.seen(agent, { at: now(), transport, agentVersion, problem }),
    );
    const report = await status.lastReport(agent);
    const { number: eventNumber, hash: eventHash } = await events.last(agent);
    const welcome: HubMessage = {
      kind: 'welcome',
      protocol,
      time: now().toISOString(),
      ...toldOf(report),
      eventNumber,
      ...(eventHash === '' ? {} : { eventHash }),
      pingSeconds,
    };
    return [welcome, ...(await this.#nextStep(agent, hello))];
  }

  /** Tells who asked whether an agent was understood, and with what code it was not. */
  #agree({ project, name }: AgentIdentity, hello: Of<'hello'>, tell: (problem: string) => void): number {
    const { protocols = PROTOCOLS } = this.#options;
    try {
      const agreed = agreedProtocol(hello, protocols, `agent ${hello.agentVersion} of ${project}/${name}`);
      tell('');
      return agreed;
    } catch (error) {
      if (isSkerryError(error)) tell(error.code);
      throw error;
    }
  }

  async #takeReport(agent: AgentIdentity, signed: Signed, transport: Transport): Promise<HubMessage[]> {
    const { status } = this.#options;
    const report = readReport(agent, signed);
    const digest = digestOf(signed);
    const last = await status.lastReport(agent);
    if (isNews(report, last)) await status.reported(agent, report, digest, transport);
    const have = await this.#have(agent);
    if (report.number < (last?.number ?? 0)) return [have];
    return [have, ...(await this.#nextStep(agent, report.envelope))];
  }

  async #takeEvents(agent: AgentIdentity, { events, oldest }: Of<'events'>): Promise<HubMessage[]> {
    const last = await this.#options.events.last(agent);
    const fresh = events.filter(({ number }) => number > last.number);
    const [first] = fresh;
    if (first === undefined) return [await this.#have(agent)];
    const missing = first.number - last.number - 1;
    // Those between may still be on their way, unless the agent has none of them any more.
    if (missing > 0 && oldest < first.number) return [await this.#have(agent)];
    checkEvents(startOf(first, last, missing), fresh);
    await this.#options.events.append(agent, fresh, missing);
    return [await this.#have(agent)];
  }

  async #takeEnvelope(agent: AgentIdentity, signed: Signed): Promise<HubMessage[]> {
    const { revisions, keys } = this.#options;
    const envelope = readEnvelope(agent, verify(signed, keys(), ENVELOPE_TYPE));
    const held = { number: envelope.number, digest: digestOf(signed) };
    if (isBehind(await revisions.current(agent), held)) await revisions.adopt(agent, signed, envelope);
    return await this.offer(agent, held.number);
  }

  async #have(agent: AgentIdentity): Promise<HubMessage> {
    const { status, events } = this.#options;
    const [report, event] = [await status.lastReport(agent), await events.last(agent)];
    return { kind: 'have', reportNumber: report?.number ?? 0, eventNumber: event.number };
  }

  async #inTurn<T>({ project, name }: ClusterName, work: () => Promise<T>): Promise<T> {
    const id = `${project}/${name}`;
    const mine = (this.#turns.get(id) ?? Promise.resolve()).then(work, work);
    this.#turns.set(id, mine);
    try {
      return await mine;
    } finally {
      if (this.#turns.get(id) === mine) this.#turns.delete(id);
    }
  }
}

// The hub that an agent talks to is the one that says how it fares: it has to hear all of it.
function toldOf(last: LastReport | undefined) {
  if (last === undefined || last.isElsewhere === true) return { reportNumber: 0, reportDigest: '' };
  return { reportNumber: last.number, reportDigest: last.digest };
}

function isNews({ number }: Report, last: LastReport | undefined): boolean {
  if (last === undefined || number > last.number) return true;
  return number === last.number && last.isElsewhere === true;
}

interface Held {
  readonly number: number;
  readonly digest: string;
}

/** The agent holds what this hub does not know: it was made before the hub was restored from a backup. */
function isBehind(current: Revision | undefined, { number, digest }: Held): boolean {
  if (number === 0) return false;
  if (current === undefined || number > current.number) return true;
  return number === current.number && digest !== current.digest;
}

// An agent that lost its state counts on from what the hub has and owns up to it by a `gap` that starts a new chain.
function startOf(first: AgentEvent, last: EventMark, missing: number): EventMark {
  const isNewChain = first.kind === 'gap' && first.previous === '';
  if (isNewChain || missing > 0) return { number: first.number - 1, hash: first.previous };
  return last;
}

function readReport(agent: AgentIdentity, signed: Signed): Report {
  const subject = `report of ${agent.project}/${agent.name}`;
  const report = Report.safeParse(tryJson(verifyReport(agent, signed, subject).toString()));
  if (!report.success) {
    const [issue] = report.error.issues;
    const detail = `${issue?.path.join('.')}: ${issue?.message}`;
    throw platformError('REPORT_INVALID', { subject, detail });
  }
  const { project, name } = report.data.cluster;
  if (project === agent.project && name === agent.name) return report.data;
  throw platformError('REPORT_FORGED', { subject, detail: `it says that it is of ${project}/${name}` });
}

function verifyReport({ publicKey, key }: AgentIdentity, signed: Signed, subject: string): Buffer {
  try {
    return verify(signed, [publicKey], REPORT_TYPE);
  } catch {
    throw platformError('REPORT_FORGED', { subject, detail: `not signed by ${key}` });
  }
}

function readEnvelope({ project, name }: AgentIdentity, bytes: Buffer): Envelope {
  const subject = `envelope held by ${project}/${name}`;
  const read = Envelope.safeParse(tryJson(bytes.toString()));
  if (!read.success) throw platformError('ENVELOPE_INVALID', { subject });
  const { cluster } = read.data;
  if (cluster.project === project && cluster.name === name) return read.data;
  throw platformError('ENVELOPE_FOREIGN', {
    subject,
    detail: `it is for ${cluster.project}/${cluster.name}`,
  });
}

/** What the agent did wrong is an answer. */
function refuse(error: unknown): HubMessage[] {
  if (!isSkerryError(error) || !REFUSALS.has(error.code)) throw error;
  const detail = `${error.subject}${error.detail === undefined ? '' : `: ${error.detail}`}`;
  return [{ kind: 'refused', code: error.code, detail: detail.slice(0, 500) }];
}

const REFUSALS = new Set([
  'AGENT_PROTOCOL_OLD',
  'AGENT_PROTOCOL_NEW',
  'REPORT_FORGED',
  'REPORT_INVALID',
  'SIGNED_TYPE_WRONG',
  'SIGNATURE_NOT_TRUSTED',
  'ENVELOPE_INVALID',
  'ENVELOPE_FOREIGN',
  'EVENTS_BROKEN',
  'CSR_INVALID',
  'CSR_KEY_WRONG',
]);
