import { createServer, type Server } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../../../apply/clock.ts';
import { messageOf } from '../../../content/error.ts';
import { MAX_MESSAGE_BYTES } from '../../desired/message.ts';
import { platformError } from '../../errors.ts';
import { type Identified, identifyAgent } from '../authority/agent-certificate.ts';
import type { KeyPair } from '../tls/certificate.ts';
import { Admission } from './admission.ts';
import { AgentSocket, CLOSE } from './agent-socket.ts';
import { AgentSockets } from './agent-sockets.ts';
import type { Desk } from './desk.ts';
import { answerEnroll, type EnrollEndpointOptions } from './enroll-endpoint.ts';
import type { AgentIdentity, FleetView, Revisions, StatusSink } from './ports.ts';

export interface DoorOptions {
  /** Port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly tls: KeyPair;
  /** Certificates (PEM) of the authorities that agents may have theirs from. */
  readonly authorities: () => readonly string[];
  readonly fleet: FleetView;
  readonly desk: Pick<Desk, 'handle' | 'offer'>;
  readonly revisions: Pick<Revisions, 'onChange'>;
  readonly status: Pick<StatusSink, 'seen' | 'duplicated'>;
  readonly enroll: EnrollEndpointOptions['enroll'];
  readonly limit: EnrollEndpointOptions['limit'];
  /** Agents say that they are alive so often, in seconds; they are silent after twice that. */
  readonly pingSeconds: number;
  readonly handshakesPerSecond?: number | undefined;
  readonly maxAgents?: number | undefined;
  /** So long a request may take to arrive, in milliseconds. */
  readonly requestMs?: number | undefined;
  readonly log: DoorLog;
  /** The time of day. */
  readonly today: () => Date;
  readonly clock: Clock;
  readonly random: () => number;
}

export interface DoorLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** Where agents connect. */
export interface Door {
  readonly address: AddressInfo;
  /** How many agents are connected. */
  readonly size: number;
  /** Serves with another certificate from now on. */
  use(tls: KeyPair): void;
  close(): Promise<void>;
}

const PATH = '/v1/agent';
const HANDSHAKES_PER_SECOND = 200;
const MAX_WAITING = 4_000;
const MAX_AGENTS = 5_000;
const SPREAD_MS = 5_000;
const HANDSHAKE_MS = 10_000;
const REQUEST_MS = 15_000;

/**
 * Opens the agents' door: enrolling for everybody, and a WebSocket for agents with a certificate of ours whose key is
 * accepted. Throws HUB_LISTEN_FAILED.
 */
export async function openDoor(options: DoorOptions): Promise<Door> {
  const { fleet, revisions, random, pingSeconds } = options;
  const sockets = new AgentSockets({
    fleet,
    silentMs: 2_000 * pingSeconds,
    now: options.clock.now,
    onDuplicated: (agent) => {
      const { project, name } = agent;
      options.status.duplicated(agent);
      options.log.warn({ code: 'AGENT_DUPLICATED', project, cluster: name }, 'two agents have the same key');
    },
  });
  const server = httpsServer(options);
  const webSockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
  });
  server.on('upgrade', (request, socket, head) => {
    const admitted = admit(options, sockets, request.url, socket);
    if ('refused' in admitted) {
      options.log.info({ code: admitted.code }, 'an agent was refused');
      return refuse(socket, admitted.refused, admitted.code, random);
    }
    webSockets.handleUpgrade(request, socket, head, (ws) => serve(options, sockets, ws, admitted));
  });
  const admission = new Admission({
    perSecond: options.handshakesPerSecond ?? HANDSHAKES_PER_SECOND,
    maxWaiting: MAX_WAITING,
    admit: (socket) => void server.emit('connection', socket),
  });
  const open = new Set<Socket>();
  const tcp = createTcpServer({ noDelay: true }, (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    admission.take(socket);
  });
  const address = await listen(tcp, options);
  const ends = [
    fleet.onChange((cluster) => sockets.check(cluster)),
    revisions.onChange((cluster) => sockets.offer(cluster)),
  ];
  const sweep = setInterval(() => sockets.sweep(), (pingSeconds * 1000) / 4).unref();
  return {
    address,
    get size() {
      return sockets.size;
    },
    use: (tls) => server.setSecureContext(contextOf(tls)),
    close: async () => {
      clearInterval(sweep);
      for (const end of ends) end();
      const closed = new Promise((resolve) => tcp.close(resolve));
      sockets.close(SPREAD_MS, random);
      admission.close();
      server.closeIdleConnections();
      const cut = setTimeout(() => {
        for (const socket of open) socket.destroy();
      }, 1_000);
      await closed;
      clearTimeout(cut);
      server.close();
    },
  };
}

type Admitted =
  | Extract<Identified, { identity: AgentIdentity }>
  | { readonly refused: number; readonly code: string };

/** Who connects, if it may: its certificate is ours and good, and its key is the one that was accepted. */
function admit(
  { authorities, fleet, today, maxAgents = MAX_AGENTS }: DoorOptions,
  sockets: AgentSockets,
  url: string | undefined,
  socket: Duplex,
): Admitted {
  if (url !== PATH) return { refused: 404, code: 'ROUTE_NOT_FOUND' };
  const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
  if (certificate === undefined) return { refused: 401, code: 'AGENT_CERTIFICATE_INVALID' };
  const identified = identifyAgent(certificate, authorities(), today());
  if ('refused' in identified) {
    const code = identified.refused === 'expired' ? 'AGENT_CERTIFICATE_EXPIRED' : 'AGENT_CERTIFICATE_INVALID';
    return { refused: 401, code };
  }
  const { identity } = identified;
  if (fleet.cluster(identity)?.key !== identity.key) return { refused: 403, code: 'KEY_NOT_ACCEPTED' };
  // One that comes back while its connection before is not known to be broken takes no place of another.
  if (sockets.size >= maxAgents && !sockets.has(identity)) return { refused: 503, code: 'AGENTS_TOO_MANY' };
  return identified;
}

function serve(
  { desk, status, log, today, clock }: DoorOptions,
  sockets: AgentSockets,
  socket: WebSocket,
  { identity, until }: Extract<Identified, { identity: AgentIdentity }>,
): void {
  const { project, name } = identity;
  const agent = new AgentSocket({
    line: socket,
    agent: identity,
    desk,
    clock,
    onAlive: () => status.seen(identity, { at: today(), transport: 'network', certificateUntil: until }),
    onError: (err) => log.warn({ err, project, cluster: name }, "an agent's message could not be answered"),
  });
  sockets.add(agent);
  log.info({ project, cluster: name }, 'an agent connected');
  socket.once('close', (code) => {
    sockets.remove(agent);
    if (code === CLOSE.replaced) sockets.clashed(agent);
    log.info({ project, cluster: name, code }, 'an agent disconnected');
  });
}

function httpsServer(options: DoorOptions): Server {
  const { log, requestMs = REQUEST_MS } = options;
  const endpoint: EnrollEndpointOptions = {
    enroll: options.enroll,
    limit: options.limit,
    onRefused: (code, subject, from) => log.info({ code, subject, from }, 'an agent may not enroll'),
    onError: (err) => log.warn({ err }, 'an agent could not enroll'),
  };
  // Certificates of agents are checked by us, when they connect: which authorities are trusted changes while this runs.
  const server = createServer({
    ...contextOf(options.tls),
    requestCert: true,
    rejectUnauthorized: false,
    handshakeTimeout: HANDSHAKE_MS,
    headersTimeout: requestMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: requestMs / 4,
    keepAliveTimeout: 5_000,
    maxHeaderSize: 8 * 1024,
  });
  server.on('request', (request, response) => {
    answerEnroll(endpoint, request, response).catch((error: unknown) => {
      response.destroy();
      endpoint.onError(error);
    });
  });
  server.on('tlsClientError', (_, socket) => socket.destroy());
  // It gets its connections from us: its limits for requests only begin to hold when it seems to listen itself.
  server.emit('listening');
  return server;
}

function contextOf({ certificate, key }: KeyPair) {
  return { cert: certificate, key, minVersion: 'TLSv1.3' as const };
}

const REASONS: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  503: 'Service Unavailable',
};

function refuse(socket: Duplex, status: number, code: string, random: () => number): void {
  socket.on('error', () => socket.destroy());
  // Nobody reads from it any more, so that it would never be seen to end.
  socket.once('finish', () => socket.destroy());
  const retry = Math.ceil(5 + random() * 25);
  const head = [
    `HTTP/1.1 ${status} ${REASONS[status] ?? 'Refused'}`,
    'connection: close',
    'content-length: 0',
    `x-skerry-code: ${code}`,
    `retry-after: ${retry}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n`);
}

async function listen(server: ReturnType<typeof createTcpServer>, { listen: { host, port } }: DoorOptions) {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        platformError('HUB_LISTEN_FAILED', { subject: `${host}:${port}`, detail: messageOf(cause), cause }),
      ),
    );
    server.listen({ host, port, backlog: 4_096 }, resolve);
  });
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound : { address: host, port, family: 'IPv4' };
}
