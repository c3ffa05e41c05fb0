import type { Clock } from '../../../apply/clock.ts';
import { isSkerryError } from '../../../content/error.ts';
import type { EnrollRequest, HubMessage } from '../../desired/message.ts';
import { platformError } from '../../errors.ts';
import { type Identity, isOver, renewalOf } from '../identity/identity.ts';
import type { IdentitySecret } from '../identity/identity-secret.ts';
import { CONNECT_MS, Connection, type Ended } from './connection.ts';
import { type Known, type Way, waysToHub } from './doors.ts';
import { callEnroll } from './enroll-call.ts';
import type { Holder } from './holder.ts';
import type { Dial } from './hub-line.ts';
import { Session } from './session.ts';

export interface ExchangeOptions {
  readonly holder: Holder;
  readonly identity: Pick<IdentitySecret, 'current' | 'keep' | 'csr'>;
  readonly agentVersion: string;
  /** UID of the kube-system namespace. */
  readonly id: string;
  /** What the agent was installed with. */
  readonly installed: Known | undefined;
  /** Read whenever it is needed: the manifest of a new enrollment brings another one. */
  readonly token: () => Promise<string | undefined>;
  readonly signal: AbortSignal;
  readonly log: ExchangeLog;
  /** The time of day. */
  readonly today: () => Date;
  readonly clock: Clock;
  /** Between 0 and 1. */
  readonly random: () => number;
  /** Longest pause between two tries, in milliseconds; 20 s when absent. */
  readonly maxPauseMs?: number | undefined;
  /** So long a connection may take to stand, in milliseconds; 15 s when absent. */
  readonly connectMs?: number | undefined;
  /** How the hub is reached, for connections and for enrolling; over TLS when absent. */
  readonly dial?: Dial | undefined;
  readonly enroll?: typeof callEnroll | undefined;
}

export interface ExchangeLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 20_000;
const MIN_PING_SECONDS = 0.05;
/** Refusals after which another certificate is asked for. */
const NEEDS_CERTIFICATE = new Set([
  'AGENT_CERTIFICATE_INVALID',
  'AGENT_CERTIFICATE_EXPIRED',
  'KEY_NOT_ACCEPTED',
]);
/** A request for another certificate that was not answered is made again after so long. */
const ASK_AGAIN_MS = 3_600_000;
/** A connection that lasted so long shows that it is worth trying again at once. */
const STEADY_MS = 10_000;

/**
 * Keeps the agent connected to its hub until the signal is aborted: enrolls where it has no good certificate, exchanges
 * states, and comes back after whatever breaks the connection. Never throws for what the network or the hub does.
 */
export async function runExchange(options: ExchangeOptions): Promise<void> {
  const { signal, log } = options;
  const isNew = options.identity.current.enrolled === undefined;
  const state: State = { failures: 0, way: 0, isRefused: false, usesToken: isNew };
  while (!signal.aborted) {
    try {
      if (needsCertificate(options, state)) await getCertificate(options, state);
      else await connectOnce(options, state);
    } catch (error) {
      if (signal.aborted) return;
      noteFailure(options, state, error);
    }
    const pauseMs = pauseOf(options, state);
    log.info({ pauseMs: Math.round(pauseMs) }, 'the agent tries its hub again after a while');
    await options.clock.sleep(pauseMs, signal).catch(() => undefined);
  }
}

interface State {
  /** Tries in a row that came to nothing. */
  failures: number;
  /** Which way is tried next; it goes round. */
  way: number;
  /** The hub refused the certificate. */
  isRefused: boolean;
  /** A token is for getting in: a key that was let in tries without one first. */
  usesToken: boolean;
  /** What the hub asked to wait. */
  askedMs?: number | undefined;
}

function needsCertificate({ identity, today }: ExchangeOptions, { isRefused }: State): boolean {
  const { certificate } = identity.current;
  return isRefused || certificate === undefined || isOver(certificate, today());
}

/** Enrolls, or with a key that was accepted before gets another certificate; what is to be waited for is in `state`. */
async function getCertificate(options: ExchangeOptions, state: State): Promise<void> {
  const { identity, signal, log, enroll = callEnroll } = options;
  const way = wayOf(options, state);
  const answer = await enroll(way, await requestOf(options, state), signal);
  state.failures = 0;
  if (answer.state === 'waiting') {
    log.info({ key: answer.key }, 'the agent waits for its key to be accepted');
    state.askedMs = answer.retryMs;
    return;
  }
  const { certificate, project, cluster, hub } = answer;
  await identity.keep({ certificate, enrolled: { project, cluster, hub } });
  log.info({ project, cluster }, 'the agent has a certificate');
  state.isRefused = false;
  state.askedMs = 0;
}

async function requestOf(
  { identity, id, agentVersion, token }: ExchangeOptions,
  { usesToken }: State,
): Promise<EnrollRequest> {
  const { current } = identity;
  const sealingKey = { ...current.sealing.publicJwk };
  const request = { csr: await identity.csr(), id, sealingKey, agentVersion };
  if (!usesToken) return request;
  const given = await token();
  if (given === undefined) throw platformError('TOKEN_MISSING', { subject: `key ${current.key}` });
  return { ...request, token: given };
}

/** One connection from its beginning to its end. */
async function connectOnce(options: ExchangeOptions, state: State): Promise<void> {
  const { holder, identity, signal, log, clock } = options;
  const connection = await openConnection(options, wayOf(options, state), identity.current);
  const session = new Session({
    holder,
    agentVersion: options.agentVersion,
    gathers: true,
    onRefused: (code, detail) => log.warn({ code, detail }, 'the hub refused what the agent sent'),
  });
  const stopTelling = holder.onChange(() => connection.send(session.changed()));
  const timers = new Timers(options, connection, session);
  const began = clock.now();
  try {
    connection.receive(
      async (message) => {
        connection.send(await session.handle(message));
        await react(options, state, message, timers);
      },
      (err) => log.warn({ err }, "the hub's message could not be acted on"),
    );
    connection.send([session.hello()]);
    // A hub that is gone before it answers is only noticed by asking: nothing else would ever come.
    timers.start((options.connectMs ?? CONNECT_MS) / 1000);
    noteEnd(state, await connection.ended, clock.now() - began);
  } finally {
    stopTelling();
    timers.stop();
    connection.terminate();
    if (!signal.aborted) log.info({}, 'the connection to the hub has ended');
  }
}

async function openConnection(
  { signal, connectMs, dial }: ExchangeOptions,
  way: Way,
  { certificate = '', privateKey }: Identity,
) {
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return await Connection.open({ way, certificate, key, connectMs, dial, signal });
}

async function react(
  { identity, log }: ExchangeOptions,
  state: State,
  message: HubMessage,
  timers: Timers,
): Promise<void> {
  if (message.kind === 'welcome') {
    state.way = 0;
    log.info({}, 'the agent is connected to its hub');
    timers.start(message.pingSeconds);
  }
  if (message.kind === 'certificate') {
    await identity.keep({ certificate: message.certificate });
    log.info({}, 'the agent has a new certificate');
  }
}

/** What is done by and by while a connection stands: signs of life, gathered events, and the certificate's renewal. */
class Timers {
  readonly #options: ExchangeOptions;
  readonly #connection: Connection;
  readonly #session: Session;
  readonly #phase: number;
  #stop = new AbortController();
  #asked = { certificate: '', atMs: 0 };

  constructor(options: ExchangeOptions, connection: Connection, session: Session) {
    this.#options = options;
    this.#connection = connection;
    this.#session = session;
    this.#phase = options.random();
  }

  start(pingSeconds: number): void {
    this.stop();
    // A little sooner than asked, and not all agents at the same time.
    const everyMs = Math.max(MIN_PING_SECONDS, pingSeconds) * 1000 * (0.9 + this.#phase / 10);
    this.#stop = new AbortController();
    void this.#run(everyMs, this.#stop.signal);
    void this.#renew();
  }

  stop(): void {
    this.#stop.abort();
  }

  async #run(everyMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      await clock.sleep(everyMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      this.#tick();
    }
  }

  #tick(): void {
    this.#connection.ping();
    this.#connection.send(this.#session.due());
    void this.#renew();
  }

  async #renew(): Promise<void> {
    const { identity, today, clock } = this.#options;
    const { certificate } = identity.current;
    if (certificate === undefined || today() < renewalOf(certificate, this.#phase)) return;
    const isAsked = this.#asked.certificate === certificate;
    if (isAsked && clock.now() - this.#asked.atMs < ASK_AGAIN_MS) return;
    this.#asked = { certificate, atMs: clock.now() };
    this.#connection.send([{ kind: 'renew', csr: await identity.csr() }]);
  }
}

function wayOf({ holder, identity, installed }: ExchangeOptions, state: State): Way {
  const { enrolled } = identity.current;
  const ways = waysToHub({ held: holder.held()?.signed, enrolled: enrolled?.hub, installed });
  const way = ways[state.way % Math.max(1, ways.length)];
  if (way === undefined)
    throw platformError('HUB_UNREACHABLE', { subject: 'hub', detail: 'no address is known' });
  return way;
}

function noteFailure({ log, identity }: ExchangeOptions, state: State, error: unknown): void {
  log.warn({ err: error }, 'the agent could not reach its hub');
  state.failures++;
  const refusal = isSkerryError(error, 'HUB_REFUSED') ? (error.detail ?? '') : '';
  const isEnrolled = identity.current.enrolled !== undefined;
  // A key that was revoked may be accepted again by itself or with the token of a new enrollment: each in its turn.
  if (refusal === 'KEY_NOT_ACCEPTED') state.usesToken = true;
  else if (refusal.startsWith('TOKEN_') || isSkerryError(error, 'TOKEN_MISSING'))
    state.usesToken = !isEnrolled;
  state.isRefused = NEEDS_CERTIFICATE.has(refusal);
  if (!state.isRefused) state.way++;
}

function noteEnd(state: State, { retryMs }: Ended, lastedMs: number): void {
  state.askedMs = retryMs;
  if (lastedMs > STEADY_MS) state.failures = 0;
  if (retryMs === undefined) state.failures++;
}

function pauseOf({ random, maxPauseMs = MAX_PAUSE_MS }: ExchangeOptions, state: State): number {
  const asked = state.askedMs;
  state.askedMs = undefined;
  if (asked !== undefined) return Math.min(asked, maxPauseMs);
  const longest = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(state.failures, 20), maxPauseMs);
  return longest * (0.2 + 0.8 * random());
}
