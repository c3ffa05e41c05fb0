import { randomUUID, X509Certificate } from 'node:crypto';
import { createServer, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { messageOf } from '../content/error.ts';
import { isWritable, type Store, type WritableStore } from '../content/store.ts';
import type { Access } from './access/access.ts';
import { TurnedAway } from './access/turned-away.ts';
import { type Audit, noAudit } from './audit/audit.ts';
import { BodyMemory } from './body-memory.ts';
import { registryError } from './errors.ts';
import type { Services, Writing } from './exchange.ts';
import { createHandler } from './handler.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { Metrics } from './metrics/metrics.ts';
import type { Log } from './request-log.ts';
import { measureDisk, Room, type RoomOptions } from './room.ts';
import { SlowClients } from './slow-clients.ts';
import { TagLocks } from './tag-locks.ts';
import { UploadFolder } from './upload-folder.ts';

export interface TlsOptions {
  /** PEM: the chain, and the private key of its first certificate. */
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  /** PEM: who connects must show a certificate that one of these signed. */
  readonly clientCa?: string | Buffer | undefined;
}

export interface RegistryOptions {
  readonly store: Store;
  /**
   * Folder for uploads that are not whole yet, on the file system of the store so that finished ones are renamed and
   * not copied. Without it, or with a store that can't be written to, nothing can be pushed.
   */
  readonly uploads?: string | undefined;
  readonly access: Access;
  /** Nobody may change anything, whoever they are and whatever the store could do. */
  readonly readOnly?: boolean | undefined;
  /** Under which clients find the registry, e.g. `https://registry.example.com` where a proxy ends TLS. */
  readonly externalUrl?: string | undefined;
  /** Where changes and logins are written down; nowhere when absent. */
  readonly audit?: Audit | undefined;
  readonly log: Log;
  readonly tls?: TlsOptions | undefined;
  readonly limits?: Partial<Limits> | undefined;
  /**
   * Refuse an image manifest when blobs that it names are missing; otherwise it is taken with a warning, which the
   * specification leaves open. Indexes may always be sparse, and layers with addresses of their own always be missing.
   */
  readonly requireBlobs?: boolean | undefined;
  /** How much of the disk pushes leave free, and how it is measured. */
  readonly room?: RoomSettings | undefined;
  /** Where to count what happens; shown under `/metrics`. */
  readonly metrics?: Metrics | undefined;
  /** Milliseconds since 1970; the system's clock when absent. */
  readonly clock?: (() => number) | undefined;
  readonly randomId?: (() => string) | undefined;
}

/** What is not said is measured on the disk that the uploads are on. */
export interface RoomSettings {
  readonly keepFree?: number | undefined;
  readonly measure?: RoomOptions['measure'] | undefined;
}

export interface RegistryServer {
  /** Not listening yet. */
  readonly server: Server;
  /** Replaces the certificate for connections to come. Throws REGISTRY_TLS_INVALID and keeps the old one. */
  reloadTls(tls: TlsOptions): void;
  /** Takes no new connections, lets requests end for `drainMs` milliseconds, then cuts what is left. */
  close(options?: { readonly drainMs?: number | undefined }): Promise<void>;
}

/** Makes the HTTP face of a store. Throws REGISTRY_UPLOADS_UNUSABLE, REGISTRY_TLS_INVALID. */
export async function createRegistryServer(options: RegistryOptions): Promise<RegistryServer> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const { log, clock = Date.now, randomId = randomUUID } = options;
  // Before anything is opened that would have to be closed again when the certificate is no good.
  const server = makeServer(limits, options.tls);
  const services = await openServices(options, limits);
  const { metrics } = services;
  const slow = new SlowClients({ span: limits.slowTimeout, bytes: limits.slowBytes }, (exchange) => {
    exchange.failure = 'the client is too slow';
  });
  let stopping = false;
  const handler = createHandler({
    services,
    log,
    clock,
    randomId,
    isStopping: () => stopping,
    onBegin: (exchange) => {
      slow.watch(exchange);
      metrics.requests.begin(exchange);
    },
    onEnd: (exchange) => {
      slow.forget(exchange);
      metrics.requests.end(exchange);
      // A connection that was busy when the registry began to stop would be kept alive after its last answer.
      if (stopping) setImmediate(() => server.closeIdleConnections());
    },
  });
  server.on('request', (request, response) => void handler(request, response));
  server.on('checkContinue', (request, response) => void handler(request, response, true));
  server.on('clientError', (error, socket) => {
    metrics.requests.malformed();
    refuse(error, socket);
  });
  metrics.watch({ server, services });
  const sweeping = sweepUploads(services.writing?.uploads, { age: limits.uploadAge, clock, log });
  return {
    server,
    reloadTls: (tls) => applyTls(server, tls),
    close: async ({ drainMs = 10_000 } = {}) => {
      stopping = true;
      clearInterval(sweeping);
      await drain(server, drainMs);
      slow.stop();
      services.turnedAway.close();
      await services.writing?.uploads.close();
    },
  };
}

async function openServices(options: RegistryOptions, limits: Limits): Promise<Services> {
  const {
    store,
    access,
    uploads,
    readOnly,
    externalUrl,
    audit = noAudit,
    requireBlobs = false,
    metrics = new Metrics(),
  } = options;
  const writing =
    uploads !== undefined && isWritable(store) && !readOnly
      ? await openWriting(store, uploads, options, limits)
      : undefined;
  const counted = metrics.logins.counting(audit);
  return {
    store,
    access,
    externalUrl,
    audit: counted,
    turnedAway: new TurnedAway(counted),
    metrics,
    limits,
    writing,
    tagLocks: new TagLocks(),
    requireBlobs,
  };
}

async function openWriting(
  store: WritableStore,
  folder: string,
  { room, clock = Date.now }: RegistryOptions,
  limits: Limits,
): Promise<Writing> {
  const uploads = await UploadFolder.open(folder);
  return {
    store,
    uploads,
    manifestMemory: new BodyMemory(limits.manifestMemory),
    room: new Room({
      measure: room?.measure ?? (() => measureDisk(folder)),
      keepFree: room?.keepFree,
      clock,
      makeRoom: async () => (await uploads.sweep(clock() - limits.uploadAgeWhenFull)) > 0,
    }),
  };
}

function makeServer(limits: Limits, tls: TlsOptions | undefined): Server {
  const common: ServerOptions = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersTimeout,
    // How often Node looks for connections whose headers are overdue.
    connectionsCheckingInterval: Math.min(limits.headersTimeout, 5000),
    keepAliveTimeout: limits.keepAliveTimeout,
    // A blob may take hours; who is too slow is cut by its pace, not by a total.
    requestTimeout: 0,
    highWaterMark: 256 * 1024,
    noDelay: true,
  };
  const server =
    tls === undefined
      ? createServer(common)
      : checkTls(() =>
          createTlsServer({ ...common, handshakeTimeout: limits.headersTimeout, ...tlsOf(tls) }),
        );
  server.maxConnections = limits.connections;
  server.maxRequestsPerSocket = 0;
  return server;
}

function applyTls(server: Server, tls: TlsOptions): void {
  if (server instanceof TlsServer) checkTls(() => server.setSecureContext(tlsOf(tls)));
}

function tlsOf({ cert, key, clientCa }: TlsOptions) {
  const ca = clientCa === undefined ? undefined : certificatesIn(clientCa);
  const client = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true };
  return { cert, key, minVersion: 'TLSv1.2', ...client } as const;
}

// OpenSSL passes over what it can't read here, and would then turn every client away.
function certificatesIn(pem: string | Buffer): string[] {
  const found = pem.toString().match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (found.length === 0) throw new Error('there is no certificate for clients in it');
  return found.map((one) => new X509Certificate(one).toString());
}

function checkTls<T>(make: () => T): T {
  try {
    return make();
  } catch (cause) {
    throw registryError('REGISTRY_TLS_INVALID', {
      subject: 'certificate and key',
      detail: messageOf(cause),
      cause,
    });
  }
}

const SWEEP_EVERY = 3600_000;

function sweepUploads(
  uploads: UploadFolder | undefined,
  options: { age: number; clock: () => number; log: Log },
) {
  const sweep = async () => {
    const time = new Date(options.clock()).toISOString();
    try {
      const removed = (await uploads?.sweep(options.clock() - options.age)) ?? 0;
      if (removed > 0) options.log({ time, event: 'uploads-forgotten', removed });
    } catch (error) {
      options.log({ time, event: 'uploads-sweep-failed', error: messageOf(error) });
    }
  };
  void sweep();
  return setInterval(() => void sweep(), SWEEP_EVERY).unref();
}

const REFUSALS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

// What is not HTTP, or too much of it, never reaches the handler.
function refuse(error: Error & { code?: string }, socket: Duplex): void {
  if (!socket.writable) return void socket.destroy();
  const status = REFUSALS[error.code ?? ''] ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

async function drain(server: Server, drainMs: number): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), drainMs);
  await closed;
  clearTimeout(cut);
}
