import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import type { Writable } from 'node:stream';
import { createKubeClient } from '../../apply/kube.ts';
import { loadKubeconfig } from '../../apply/kubeconfig.ts';
import { createTransport } from '../../apply/transport.ts';
import { messageOf } from '../../content/error.ts';
import { openRemote } from '../../content/remote/store.ts';
import { kinds } from '../api/kinds.ts';
import { platformError } from '../errors.ts';
import { Access } from './access.ts';
import { apiRoutes } from './api.ts';
import { Catalog } from './catalog.ts';
import type { KeyPair } from './certificate.ts';
import { type Kubernetes, kubernetesOver } from './kubernetes.ts';
import { checkOptions, type HubOptions } from './options.ts';
import { buildServer, type HubServer } from './server.ts';
import type { Check } from './status-routes.ts';
import { TlsKeeper } from './tls-keeper.ts';
import { keepTlsSecret } from './tls-secret.ts';

export interface HubContext {
  /** Stops the hub. */
  readonly signal: AbortSignal;
  /** Gets the log, a JSON object a line. */
  readonly log: Pick<Writable, 'write'>;
  readonly onListening?: ((address: AddressInfo) => void) | undefined;
}

/** Requests may take so long to end once the hub is told to stop (milliseconds); then they are cut. */
const DRAIN_MS = 1_500;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** The caches bridge outages, so little is tried again within a request. */
const REGISTRY_RETRY = { tries: 2, firstPauseMs: 100, maxPauseMs: 500, random: Math.random };
const now = () => performance.now();

/**
 * Runs the hub until `signal` is aborted. Throws HUB_OPTION_INVALID, HUB_LISTEN_FAILED, KUBECONFIG_INVALID, the TLS_
 * codes, and the CLUSTER_ codes when it can't get its certificate.
 */
export async function runHub(options: HubOptions, { signal, log, onListening }: HubContext): Promise<void> {
  checkOptions(options);
  const work = new AbortController();
  const transport = createTransport(await loadKubeconfig({ path: options.kubeconfig }), { attempts: 2 });
  const kubernetes = kubernetesOver(transport, work.signal);
  const registry = openRegistry(options);
  const catalog = new Catalog({
    store: registry,
    prefix: options.registry.packsPrefix,
    now,
    signal: work.signal,
    onStale: (key, err) => server.log.warn({ err, key }, 'the registry is away, an old answer stands in'),
  });
  const tls = await TlsKeeper.open({
    ...certificateSource(options, createKubeClient(transport), work.signal),
    signal: work.signal,
    onError: (err) => server.log.error({ err }, 'the certificate could not be looked after'),
  });
  const checks = [registryCheck(catalog), kubernetesCheck(kubernetes)];
  const server = buildServer({
    routes: apiRoutes({ catalog, kubernetes, version: options.version, checks, now }),
    access: new Access(kubernetes, now),
    tls: tls.current,
    log: { level: options.logLevel, stream: log },
  });
  tls.watch((pair) => {
    server.server.setSecureContext(secureContext(pair));
    server.log.info('the certificate was replaced');
  });
  try {
    const address = await listen(server, options);
    onListening?.(address);
    await aborted(signal);
  } finally {
    await stop(server, work);
    await registry.close();
  }
}

function openRegistry({ registry: { address, ca, credentials } }: HubOptions) {
  return openRemote(address, { ca, credentials, retry: REGISTRY_RETRY });
}

function certificateSource(
  { tls }: HubOptions,
  client: ReturnType<typeof createKubeClient>,
  signal: AbortSignal,
) {
  if ('cert' in tls) {
    return {
      name: `${tls.cert}, ${tls.key}`,
      everyMs: tls.checkMs ?? MINUTE_MS,
      read: async () => await readPair(tls),
    };
  }
  const { namespace, secret: name, hosts } = tls;
  const read = async () =>
    await keepTlsSecret({ client, namespace, name, hosts, now: () => new Date(), signal });
  return { name: `Secret ${namespace}/${name}`, everyMs: tls.checkMs ?? HOUR_MS, read };
}

async function readPair({ cert, key }: { cert: string; key: string }): Promise<KeyPair> {
  const read = async (path: string) =>
    await readFile(path, 'utf8').catch((cause: unknown) => {
      throw platformError('TLS_CERTIFICATE_INVALID', { subject: path, detail: messageOf(cause) });
    });
  return { certificate: await read(cert), key: await read(key) };
}

// Answers that the cache can still give count: the hub stays in service through a short outage of the registry.
function registryCheck(catalog: Catalog): Check {
  return { name: 'registry', run: async () => void (await catalog.names()) };
}

function kubernetesCheck(kubernetes: Kubernetes): Check {
  return {
    name: 'kubernetes',
    run: async () => {
      for (const kind of kinds) {
        if (await kubernetes.serves(kind)) continue;
        throw platformError('NOT_READY', { subject: kind.kind, detail: 'not served by the API server' });
      }
    },
  };
}

function secureContext({ certificate, key }: KeyPair) {
  return { cert: certificate, key, minVersion: 'TLSv1.2' as const };
}

async function listen(server: HubServer, { listen: { host, port } }: HubOptions): Promise<AddressInfo> {
  try {
    await server.listen({ host, port });
  } catch (cause) {
    const subject = `${host}:${port}`;
    throw platformError('HUB_LISTEN_FAILED', { subject, detail: messageOf(cause), cause });
  }
  const bound = server.server.address();
  return typeof bound === 'object' && bound !== null ? bound : { address: host, port, family: 'IPv4' };
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

async function stop(server: HubServer, work: AbortController): Promise<void> {
  const cut = setTimeout(() => {
    work.abort();
    server.server.closeAllConnections();
  }, DRAIN_MS);
  await server.close();
  clearTimeout(cut);
  work.abort();
}
