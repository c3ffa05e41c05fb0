import type { Server } from 'node:http';
import { isIPv6, type Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { resetConnection } from '../protocol/answer/reset-connection.ts';
import type { Exchange } from '../protocol/exchange.ts';
import { endWith } from './end-connection.ts';
import { remoteAddressOf } from './remote-address.ts';
import { isWaitingFor, movedBy } from './slow-clients.ts';

export interface ConnectionsOptions {
  /** How many may be open now. */
  readonly most: () => number;
  /** How many may stay whose clients have stopped taking an answer. */
  readonly mostStalled?: number | undefined;
  /** Milliseconds; only spans of it count. */
  readonly now?: (() => number) | undefined;
  /** Hears of every connection that was closed to make room, or that there was no room for. */
  readonly onCut: (reason: 'made room' | 'no room') => void;
}

/** What is looked at of an exchange. */
type Answered = Pick<Exchange, 'socket' | 'response' | 'awaitingBody' | 'failure'>;

interface Connection {
  readonly socket: Socket;
  /** Who has opened it. */
  readonly from: string;
  /** What is being answered. */
  readonly exchanges: Set<Answered>;
  /** Over TLS, another one than what was opened. */
  counted: Socket;
  /** Bytes that had moved when it last got on, and when that was. */
  moved: number;
  since: number;
  /** It is being closed. */
  ending: boolean;
}

/** A connection of a client that has few is not closed to make room before it had this long to move something. */
const PATIENCE_MS = 1000;
/** With fewer bytes it has not got on, or a byte a second would keep it. */
const GOT_ON = 2048;
/** A client that has more than this part of all connections is the first to lose some. */
const HOG = 1 / 4;
/** And no client gets more than this part. */
const MOST_OF_ONE = 3 / 4;
/** When there is no room, this part is freed at once, as finding which costs a look at all. */
const FREED = 1 / 32;
const LOOK_MS = 1000;
/** A client that takes nothing of an answer for so long has stalled. */
const STALLED_MS = 10_000;
/** The kernel keeps up to 0.7 MiB for each on an Ethernet, which counts in the limit of a container (cgroups(7), `sock`). */
const MOST_STALLED = 256;
/** So many at a time get an answer that there is no room; the others are closed without one. */
const MOST_REFUSED = 32;

/**
 * The open connections of a server. Opening one takes no login, so there is room for so many and no more; when it is
 * used up, those go first that nothing moves on: unused ones before those in the middle of a request, those of clients that have
 * many before those of clients that have few, and the longest at rest before others. Who comes while all of them are busy is
 * answered 503.
 */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #now: () => number;
  readonly #isTls: boolean;
  readonly #open = new Set<Connection>();
  /** By the ends of the connection. */
  readonly #byEnds = new Map<string, Connection>();
  readonly #perClient = new Map<string, number>();
  readonly #looking: NodeJS.Timeout;
  #ending = 0;
  #refused = 0;

  constructor(server: Server, options: ConnectionsOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#isTls = server instanceof TlsServer;
    // Node's own, which begin to read, hear only of those that there is room for.
    const served = server.listeners('connection');
    server.removeAllListeners('connection').on('connection', (socket: Socket) => {
      if (this.#admit(socket)) for (const listener of served) listener.call(server, socket);
    });
    server.on('secureConnection', (socket: Socket) => {
      const connection = this.#byEnds.get(endsOf(socket));
      if (connection !== undefined) connection.counted = socket;
    });
    this.#looking = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#looking);
  }

  /** A request has come. */
  watch(exchange: Answered): void {
    const connection = this.#byEnds.get(endsOf(exchange.socket));
    if (connection === undefined) return;
    connection.exchanges.add(exchange);
    connection.counted = exchange.socket;
    connection.since = this.#now();
    exchange.response.once('close', () => {
      connection.exchanges.delete(exchange);
      connection.since = this.#now();
    });
  }

  #admit(socket: Socket): boolean {
    const most = this.#options.most();
    const from = clientOf(socket);
    const isFull = this.#open.size - this.#ending >= most;
    const isTooMany = (this.#perClient.get(from) ?? 0) >= Math.ceil(most * MOST_OF_ONE);
    const isRoom = (!isFull && !isTooMany) || this.#freeSpace(most, isFull ? undefined : from);
    if (isRoom) this.#add(socket, from);
    else this.#refuse(socket);
    return isRoom;
  }

  #add(socket: Socket, from: string): void {
    const connection: Connection = {
      socket,
      from,
      exchanges: new Set(),
      counted: socket,
      moved: 0,
      since: this.#now(),
      ending: false,
    };
    const ends = endsOf(socket);
    this.#open.add(connection);
    this.#byEnds.set(ends, connection);
    this.#perClient.set(from, (this.#perClient.get(from) ?? 0) + 1);
    socket.once('close', () => {
      this.#open.delete(connection);
      if (this.#byEnds.get(ends) === connection) this.#byEnds.delete(ends);
      if (connection.ending) this.#ending--;
      else this.#forgetOneOf(from);
    });
  }

  #forgetOneOf(from: string): void {
    const left = (this.#perClient.get(from) ?? 1) - 1;
    if (left > 0) this.#perClient.set(from, left);
    else this.#perClient.delete(from);
  }

  #refuse(socket: Socket): void {
    this.#options.onCut('no room');
    if (this.#isTls || this.#refused >= MOST_REFUSED) return void socket.destroy();
    this.#refused++;
    socket.once('close', () => this.#refused--);
    endWith(socket, BUSY);
  }

  /** Closes some of one client, or of all; false when none can be spared. */
  #freeSpace(most: number, from: string | undefined): boolean {
    const spared: Ranked[] = [];
    for (const connection of this.#open) {
      if (connection.ending || (from !== undefined && connection.from !== from)) continue;
      const ranked = this.#rank(connection, most);
      if (ranked !== undefined) spared.push(ranked);
    }
    spared.sort((a, b) => a.rank - b.rank || b.rested - a.rested);
    const cut = spared.slice(0, Math.max(1, Math.ceil(most * FREED)));
    for (const { connection } of cut) this.#cut(connection);
    return cut.length > 0;
  }

  // Undefined for one that has to stay.
  #rank(connection: Connection, most: number): Ranked | undefined {
    this.#note(connection);
    const isHog = (this.#perClient.get(connection.from) ?? 0) > most * HOG;
    const isUnused = connection.exchanges.size === 0;
    const rested = this.#now() - connection.since;
    if (rested < PATIENCE_MS && !(isUnused && isHog)) return undefined;
    if (!isUnused && ![...connection.exchanges].some(isWaitingFor)) return undefined;
    return { connection, rank: (isUnused ? 0 : 1) + (isHog ? 0 : 2), rested };
  }

  #cut(connection: Connection): void {
    connection.ending = true;
    this.#ending++;
    this.#forgetOneOf(connection.from);
    for (const exchange of connection.exchanges)
      exchange.failure ??= 'its connection was closed to make room';
    this.#close(connection);
    this.#options.onCut('made room');
  }

  // What is under a TLS connection must not be closed before it: Node then loses track of it, or crashes. Until the
  // handshake is done nobody has hold of what is above, which is closed as soon as it hears that what is below has been.
  #close({ socket, counted, exchanges }: Connection): void {
    if (this.#isTls && counted === socket) socket.emit('close');
    else if (exchanges.size > 0) resetConnection(counted);
    else counted.destroy();
  }

  #look(): void {
    for (const connection of this.#open) this.#note(connection);
    // There may be room for fewer by now.
    const most = this.#options.most();
    while (this.#open.size - this.#ending > most && this.#freeSpace(most, undefined));
    this.#cutStalled(most);
  }

  // Those of clients with many first, and then those that have stalled longest.
  #cutStalled(most: number): void {
    const stalled: Ranked[] = [];
    for (const connection of this.#open) {
      if (connection.ending || ![...connection.exchanges].some(isBeingSent)) continue;
      const ranked = this.#rank(connection, most);
      if (ranked !== undefined && ranked.rested >= STALLED_MS) stalled.push(ranked);
    }
    stalled.sort((a, b) => a.rank - b.rank || b.rested - a.rested);
    const { mostStalled = MOST_STALLED } = this.#options;
    for (const { connection } of stalled.slice(0, Math.max(0, stalled.length - mostStalled)))
      this.#cut(connection);
  }

  #note(connection: Connection): void {
    const moved = movedBy(connection.counted);
    if (moved < connection.moved + GOT_ON) return;
    connection.moved = moved;
    connection.since = this.#now();
  }
}

function isBeingSent({ response }: Answered): boolean {
  return response.writableLength > 0;
}

interface Ranked {
  readonly connection: Connection;
  readonly rank: number;
  readonly rested: number;
}

const BUSY_BODY = JSON.stringify({
  errors: [{ code: 'TOOMANYREQUESTS', message: 'the registry has no connection free' }],
});
const BUSY = [
  'HTTP/1.1 503 Service Unavailable',
  'Connection: close',
  'Retry-After: 1',
  'Content-Type: application/json',
  `Content-Length: ${BUSY_BODY.length}`,
  '',
  BUSY_BODY,
].join('\r\n');

function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress}|${remotePort}|${localAddress}|${localPort}`;
}

/** A client with one IPv6 address has a whole network of them, at least a /64 (RFC 6177). */
function clientOf(socket: Socket): string {
  const address = remoteAddressOf(socket) ?? '';
  return isIPv6(address) ? networkOf(address) : address;
}

function networkOf(address: string): string {
  const [before = '', after] = address.split('%', 1).join('').split('::');
  const head = before === '' ? [] : before.split(':');
  const tail = after === undefined || after === '' ? [] : after.split(':');
  const zeros = after === undefined ? [] : Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...tail].slice(0, 4).join(':');
}
