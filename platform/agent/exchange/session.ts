import { isEveryday } from '../../desired/events.ts';
import type { AgentMessage, HubMessage } from '../../desired/message.ts';
import { MAX_EVENTS, MAX_MESSAGE_BYTES } from '../../desired/message.ts';
import { PROTOCOLS } from '../../desired/protocol.ts';
import type { AgentEvent } from '../../desired/report.ts';
import type { Holder } from './holder.ts';

export interface SessionOptions {
  readonly holder: Holder;
  readonly agentVersion: string;
  /** Everyday events wait until they are due, so that they go together; all others go at once. */
  readonly gathers?: boolean | undefined;
  /** Told of what the hub did not take. */
  readonly onRefused: (code: string, detail: string) => void;
}

type Of<K extends HubMessage['kind']> = Extract<HubMessage, { kind: K }>;

/**
 * The agent's side of the exchange, whatever carries it: hello first, then an answer to each message of the hub, and
 * what is new whenever the holder has something. Certificates and closing are the carrier's.
 */
export class Session {
  readonly #options: SessionOptions;
  /** Reports and events that the hub has not answered yet. */
  #unanswered = 0;
  #isWelcome = false;
  #sentReport = 0;
  #sentEvent = 0;
  #isDue = false;
  /** The last event that the hub has said to have. */
  #knownEvent = 0;
  #isMended = false;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  hello(): AgentMessage {
    const { holder, agentVersion } = this.#options;
    const [held, report] = [holder.held(), holder.report()];
    this.#isWelcome = false;
    return {
      kind: 'hello',
      protocol: PROTOCOLS.newest,
      oldestProtocol: PROTOCOLS.oldest,
      agentVersion,
      number: held?.number ?? 0,
      digest: held?.digest ?? '',
      reportNumber: report?.number ?? 0,
      reportDigest: report?.digest ?? '',
      eventNumber: holder.events(0).at(-1)?.number ?? 0,
    };
  }

  async handle(message: HubMessage): Promise<AgentMessage[]> {
    switch (message.kind) {
      case 'welcome':
        return this.#welcome(message);
      case 'offer':
        await this.#options.holder.offer(message.envelope);
        return this.changed();
      case 'behind':
        return this.#envelope();
      case 'have':
        return this.#have(message);
      case 'refused':
        this.#answered();
        this.#options.onRefused(message.code, message.detail);
        return message.code === 'EVENTS_BROKEN' ? this.#eventsAgain() : [];
      case 'certificate':
      case 'retry':
        return [];
    }
  }

  /** What the hub has not been sent yet. */
  changed(): AgentMessage[] {
    if (!this.#isWelcome) return [];
    return [...this.#report(), ...this.#events()];
  }

  /** What waited too, with the events that were gathered; called by and by. */
  due(): AgentMessage[] {
    this.#isDue = true;
    return this.changed();
  }

  #welcome({ reportNumber, reportDigest, eventNumber, eventHash }: Of<'welcome'>): AgentMessage[] {
    this.#options.holder.acknowledged({ reportNumber, reportDigest, eventNumber, eventHash });
    this.#isWelcome = true;
    this.#isDue = true;
    this.#unanswered = 0;
    this.#sentReport = reportNumber;
    this.#sentEvent = eventNumber;
    this.#knownEvent = eventNumber;
    this.#isMended = false;
    return this.changed();
  }

  #have({ reportNumber, eventNumber }: Of<'have'>): AgentMessage[] {
    this.#answered();
    this.#options.holder.acknowledged({ reportNumber, eventNumber });
    this.#knownEvent = eventNumber;
    // The hub knows less than was sent: it could not use what came before what it missed.
    if (this.#unanswered === 0 && eventNumber < this.#sentEvent) this.#sentEvent = eventNumber;
    return this.changed();
  }

  // Once in a connection: a hub that takes no chain at all is not to be asked for ever.
  #eventsAgain(): AgentMessage[] {
    if (this.#isMended) return [];
    this.#isMended = true;
    const eventNumber = this.#knownEvent;
    this.#options.holder.acknowledged({ reportNumber: 0, eventNumber, isOtherChain: true });
    this.#sentEvent = eventNumber;
    return this.changed();
  }

  #envelope(): AgentMessage[] {
    const held = this.#options.holder.held();
    return held === undefined ? [] : [{ kind: 'envelope', envelope: held.signed }];
  }

  #report(): AgentMessage[] {
    const report = this.#options.holder.report();
    if (report === undefined || report.number <= this.#sentReport) return [];
    this.#sentReport = report.number;
    this.#unanswered++;
    return [{ kind: 'report', report: report.signed }];
  }

  // One message at a time: the next when the hub has these.
  #events(): AgentMessage[] {
    if (this.#unanswered > 0) return [];
    const { holder, gathers = false } = this.#options;
    const all = holder.events(this.#sentEvent);
    const events = eventsForMessage(all);
    const last = events.at(-1);
    const mayWait = gathers && !this.#isDue && all.length < MAX_EVENTS && all.every(isEveryday);
    if (events.length === all.length) this.#isDue = false;
    if (last === undefined || mayWait) return [];
    this.#sentEvent = last.number;
    this.#unanswered++;
    return [{ kind: 'events', events, oldest: holder.events(0)[0]?.number ?? 0 }];
  }

  #answered(): void {
    this.#unanswered = Math.max(0, this.#unanswered - 1);
  }
}

/** For the rest of the message, and for a signed file around it. */
const EVENT_BYTES = MAX_MESSAGE_BYTES / 2;

/** As many of the events as a message takes, from the first on: by number and by size. */
function eventsForMessage(events: readonly AgentEvent[]): AgentEvent[] {
  let bytes = 0;
  const tooMany = events.findIndex((event, index) => {
    bytes += Buffer.byteLength(JSON.stringify(event));
    return index >= MAX_EVENTS || (index > 0 && bytes > EVENT_BYTES);
  });
  return events.slice(0, tooMany === -1 ? events.length : tooMany);
}
