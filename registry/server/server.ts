import { randomUUID, X509Certificate } from 'node:crypto';
import { createServer, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { messageOf } from '../../content/error.ts';
import { KeyedMutex } from '../../content/keyed-mutex.ts';
import { isWritable, type Store, type WritableStore } from '../../content/store.ts';
import type { Access } from '../access/access.ts';
import { guardOf } from '../access/authorization.ts';
import { ThrottledLogins } from '../access/throttled-logins.ts';
import { type Audit, noAudit } from '../audit/audit.ts';
import { changeRecordOf } from '../audit/audit-change.ts';
import { registryError } from '../errors.ts';
import type { Log } from '../log.ts';
import { Metrics } from '../metrics/metrics.ts';
import { AnswerMemory } from '../protocol/answer/answer-memory.ts';
import { BodyMemory } from '../protocol/body-memory.ts';
import { DiskSpace, type DiskSpaceOptions } from '../protocol/disk-space.ts';
import { ListPages } from '../protocol/endpoints/list-pages.ts';
import { DEFAULT_LIMITS, type Limits } from '../protocol/limits.ts';
import { ListTurns } from '../protocol/list-turns.ts';
import type { StorageReports } from '../report/storage-reports.ts';
import { measureDisk } from '../store/files/disk-measure.ts';
import type { UploadWriting } from '../uploads/upload-endpoint.ts';
import { UploadFolder } from '../uploads/upload-folder.ts';
import { Connections } from './connections.ts';
import { connectionsWithin, followDescriptorLimit } from './descriptor-limit.ts';
import { endWith } from './end-connection.ts';
import { createHandler } from './handler.ts';
import type { ServerServices } from './server-services.ts';
import { SlowClients } from './slow-clients.ts';

export interface TlsOptions {
  /** PEM: the chain, and the private key of its first certificate. */
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  /** PEM: clients must show a certificate that one of these signed. */
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
  /** No client may change anything, whatever its account and the store could do. */
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
  readonly diskSpace?: DiskSpaceSettings | undefined;
  /** What says how full the store is; nothing does when absent. */
  readonly storage?: StorageReports | undefined;
  /** Where to count what happens; shown under `/metrics`. */
  readonly metrics?: Metrics | undefined;
  /** Milliseconds since 1970; the system's clock when absent. */
  readonly clock?: (() => number) | undefined;
  readonly randomId?: (() => string) | undefined;
}

/** What is not said is measured on the disk that the uploads are on. */
export interface DiskSpaceSettings {
  readonly keepFree?: number | undefined;
  readonly measure?: DiskSpaceOptions['measure'] | undefined;
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
  const descriptors = followDescriptorLimit(() => performance.now());
  const wanted = options.tls === undefined ? limits.connections : limits.tlsConnections;
  const connections = new Connections(server, {
    most: () => connectionsWithin(descriptors(), wanted),
    onCut: (reason) => metrics.requests.cut(reason),
  });
  let stopping = false;
  const handler = createHandler({
    services,
    log,
    clock,
    randomId,
    isStopping: () => stopping,
    onBegin: (exchange) => {
      connections.watch(exchange);
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
    refuse(error, socket, server);
  });
  const uploads = services.writing?.uploads;
  let served = options.tls?.cert;
  metrics.watch({
    server,
    services,
    certificate: () => served,
    countUploads: uploads && (() => uploads.count()),
  });
  const sweeping = sweepUploads(uploads, { age: limits.uploadAge, clock, log });
  return {
    server,
    reloadTls: (tls) => {
      applyTls(server, tls);
      served = tls.cert;
    },
    close: async ({ drainMs = 10_000 } = {}) => {
      stopping = true;
      clearInterval(sweeping);
      await drain(server, drainMs);
      slow.stop();
      connections.stop();
      services.login.throttled.close();
      await uploads?.close();
    },
  };
}

async function openServices(options: RegistryOptions, limits: Limits): Promise<ServerServices> {
  const {
    store,
    access,
    uploads,
    readOnly,
    externalUrl,
    audit = noAudit,
    requireBlobs = false,
    metrics = new Metrics(),
    storage,
  } = options;
  const writing =
    uploads !== undefined && isWritable(store) && !readOnly
      ? await openWriting(store, uploads, options, limits)
      : undefined;
  const counted = metrics.logins.counting(audit);
  const login = { access, externalUrl, audit: counted, throttled: new ThrottledLogins(counted) };
  const lists = new ListTurns();
  return {
    answers: new AnswerMemory({ most: limits.answerMemory }),
    lists,
    pages: new ListPages(store, lists),
    store,
    guard: guardOf(login),
    changes: changeRecordOf(counted),
    login,
    metrics,
    storage,
    limits,
    writing,
    tagLocks: new KeyedMutex(),
    requireBlobs,
  };
}

async function openWriting(
  store: WritableStore,
  folder: string,
  { diskSpace, clock = Date.now }: RegistryOptions,
  limits: Limits,
): Promise<UploadWriting> {
  const uploads = await UploadFolder.open(folder);
  return {
    store,
    uploads,
    manifestMemory: new BodyMemory(limits.manifestMemory),
    space: new DiskSpace({
      measure: diskSpace?.measure ?? (() => measureDisk(folder)),
      keepFree: diskSpace?.keepFree,
      clock,
      freeSpace: async () => (await uploads.sweep(clock() - limits.uploadAgeWhenFull)) > 0,
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
    // A blob may take hours; a client that is too slow is cut by its pace, not by a total.
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

// What is not HTTP, or too much of it, never reaches the handler; neither does a client that never finished its handshake, and
// can't be answered.
function refuse(error: Error & { code?: string }, socket: Duplex, server: Server): void {
  const isDeaf =
    server instanceof TlsServer && (!(socket instanceof TLSSocket) || socket.getProtocol() === null);
  if (!socket.writable || /^ERR_(?:TLS|SSL)_/.test(error.code ?? '') || isDeaf) return void socket.destroy();
  const status = REFUSALS[error.code ?? ''] ?? '400 Bad Request';
  endWith(socket, `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

async function drain(server: Server, drainMs: number): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), drainMs);
  await closed;
  clearTimeout(cut);
}
