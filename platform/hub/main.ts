import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import type { Writable } from 'node:stream';
import { createKubeClient } from '../../apply/client/kube.ts';
import { loadKubeconfig } from '../../apply/client/kubeconfig.ts';
import { createTransport } from '../../apply/client/transport.ts';
import { systemClock } from '../../apply/clock.ts';
import { messageOf } from '../../content/error.ts';
import { DEFAULT_RETRY } from '../../content/remote/retry.ts';
import { openRemote } from '../../content/remote/store.ts';
import { kinds } from '../api/kinds.ts';
import { platformError } from '../errors.ts';
import { apiRoutes } from './api.ts';
import { serveDocs } from './api-docs/serve-docs.ts';
import { auditRoutes } from './audit/audit-routes.ts';
import { startAudit } from './audit/cluster-audit.ts';
import { serveConsole } from './console/serve-console.ts';
import { objectChecks, profileChecks } from './controller/validate-object.ts';
import { type FleetLog, type FleetOptions, openFleet } from './fleet.ts';
import { Access } from './http/access.ts';
import { RateLimit } from './http/rate-limit.ts';
import { buildServer, type HubServer } from './http/server.ts';
import type { Check } from './http/status-routes.ts';
import { installationRoutes } from './installation/installation-routes.ts';
import { kubeconfigRoute } from './kubeconfig/kubeconfig-route.ts';
import { type Kubernetes, kubernetesOver } from './kubernetes.ts';
import { checkOptions, type HubOptions } from './options.ts';
import { Catalog } from './packs/catalog.ts';
import { keepOwnAccess } from './projects/own-access.ts';
import { serveProviders } from './providers/provider-mirror.ts';
import { impersonating, inNameOf } from './session/impersonation.ts';
import { openSignIn } from './session/open-sign-in.ts';
import { sessionRoutes } from './session/session-routes.ts';
import { readNodeAddresses } from './site.ts';
import type { KeyPair } from './tls/certificate.ts';
import { certificateMetrics, lastOf } from './tls/certificate-metrics.ts';
import { DEFAULT_TERMS } from './tls/certificate-terms.ts';
import { TlsKeeper } from './tls/tls-keeper.ts';
import { keepTlsSecret } from './tls/tls-secret.ts';
import { Watched } from './watched/watched.ts';

export interface HubContext {
  /** Stops the hub. */
  readonly signal: AbortSignal;
  /** Gets the log, a JSON object a line. */
  readonly log: Pick<Writable, 'write'>;
  readonly onListening?: ((address: AddressInfo) => void) | undefined;
}

/** Requests may take so long to end once the hub is told to stop (milliseconds); then they are cut. */
const DRAIN_MS = 1_500;
const MINUTE_MS = 60_000;
/** The caches bridge outages, so little is tried again within a request. */
const REGISTRY_RETRY = {
  ...DEFAULT_RETRY,
  tries: 2,
  firstPauseMs: 100,
  maxPauseMs: 500,
  maxAskedMs: 2000,
};
/** Of one user, whatever the number of tokens. */
const USER_RATE = { perSecond: 50, burst: 200, max: 5_000 };
/** Of one address, with tokens that are nobody's. */
const GUEST_RATE = { perSecond: 20, burst: 200, max: 5_000 };
const FIELD_MANAGER = 'skerry-hub';
const DEFAULT_NAMESPACE = 'skerry-system';
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
  const client = createKubeClient(transport, { fieldManager: FIELD_MANAGER });
  const signIn =
    options.signIn === undefined
      ? undefined
      : await openSignIn(options.signIn, {
          ...{ client, kubernetes, signal: work.signal },
          onError: (err) => server.log.warn({ err }, 'signing in with a browser is disturbed'),
        });
  const impersonates = options.signIn?.impersonate === true;
  const access = new Access(
    { identify: signIn?.identify ?? kubernetes.identify, permits: kubernetes.permits },
    now,
    signIn?.sessions,
  );
  const sessions =
    signIn === undefined
      ? []
      : sessionRoutes({
          ...{ access, permits: async (user, action) => await access.permits(user, action), now: Date.now },
          ...{ ...signIn, programClientId: options.signIn?.programClientId },
          publicUrl: options.signIn?.publicUrl,
        });
  const registry = openRegistry(options);
  const catalog = new Catalog({
    store: registry,
    prefix: options.registry.packsPrefix,
    now,
    signal: work.signal,
    onStale: (key, err) => server.log.warn({ err, key }, 'the registry is away, an old answer stands in'),
  });
  const tls = await TlsKeeper.open({
    ...certificateSource(options, client, work.signal),
    signal: work.signal,
    onError: (err) => server.log.error({ err }, 'the certificate could not be looked after'),
  });
  const checks = [registryCheck(catalog), kubernetesCheck(kubernetes)];
  const fleetLog: FleetLog = {
    info: (fields, message) => server.log.info(fields, message),
    warn: (fields, message) => server.log.warn(fields, message),
  };
  const audit = startAudit({
    ...{ client, signal: work.signal, clock: systemClock },
    namespace: options.agents?.namespace ?? DEFAULT_NAMESPACE,
    now: () => new Date(),
    log: (entry) => server.log.info({ audit: entry }, 'audit'),
    onError: (err) => server.log.warn({ err }, 'the audit could not be written, it is tried again'),
  });
  const checkProfile = profileChecks(registry, options.registry.packsPrefix);
  const fleet = await openFleetOf(options, {
    client,
    catalog,
    store: registry,
    checkProfile,
    audit,
    log: fleetLog,
    signal: work.signal,
  });
  const watched = new Watched({
    ...{ client, clock: systemClock, signal: work.signal },
    onError: (err) => server.log.warn({ err }, 'a watch of the objects broke, it begins again'),
    onSkipped: (key, detail) => server.log.warn({ key, detail }, 'an object was left out'),
  });
  const platform = installationRoutes({
    ...{ client, store: registry, now, signal: work.signal },
    namespace: options.agents?.namespace ?? DEFAULT_NAMESPACE,
    readStorage: async (call) => await registry.readStorage(call),
  });
  const kubeconfig = kubeconfigRoute({
    clusters: watched.seen.get('clusters'),
    issuer: options.signIn?.issuer?.url,
    publicUrl: options.signIn?.publicUrl,
  });
  const server = buildServer({
    routes: apiRoutes({
      catalog,
      client: impersonates
        ? createKubeClient(impersonating(transport), { fieldManager: FIELD_MANAGER })
        : client,
      access,
      seen: watched.seen,
      version: options.version,
      checks,
      now,
      randomId: randomUUID,
      validate: objectChecks(checkProfile, async (...of) => (await fleet?.checkObject(...of)) ?? []),
      refuseDeletion: (kind, project, name) => fleet?.refuseDeletion(kind, project, name),
      more: [...sessions, ...auditRoutes(audit), ...platform, kubeconfig, ...(fleet?.routes ?? [])],
    }),
    access,
    audit,
    ownOrigin: options.signIn?.publicUrl,
    inNameOf: impersonates ? inNameOf : undefined,
    tls: tls.current,
    metrics: () =>
      certificateMetrics([
        { name: 'hub', certificate: tls.current.certificate },
        { name: 'hub-authority', certificate: lastOf(tls.current.certificate) },
        ...(fleet?.certificates() ?? []),
      ]),
    limits: { users: new RateLimit({ ...USER_RATE, now }), guests: new RateLimit({ ...GUEST_RATE, now }) },
    log: { level: options.logLevel, stream: log },
  });
  serveDocs(server, async () => await (await import('./api-docs/docs-files.ts')).docsFiles());
  serveProviders(server, {
    store: registry,
    limit: new RateLimit({ ...GUEST_RATE, now }),
    now,
    signal: work.signal,
  });
  serveConsole(server, async () => await (await import('./console/console-files.ts')).consoleFiles());
  tls.watch((pair) => {
    server.server.setSecureContext(secureContext(pair));
    server.log.info('the certificate was replaced');
  });
  const keeping = keepOwnAccessOf(kubernetes, client, work.signal, (err) =>
    server.log.warn({ err }, 'the access to projects could not be looked after'),
  );
  try {
    const address = await listen(server, options);
    await fleet?.start(watched);
    onListening?.(address);
    await aborted(signal);
  } finally {
    await stop(server, work);
    await fleet?.stopped();
    await watched.stopped;
    await keeping;
    await registry.close();
  }
}

async function openFleetOf(
  { agents, version, terms = DEFAULT_TERMS, registry: { packsPrefix } }: HubOptions,
  parts: Pick<FleetOptions, 'client' | 'catalog' | 'store' | 'checkProfile' | 'audit' | 'log' | 'signal'>,
) {
  if (agents === undefined) return undefined;
  return await openFleet({ ...agents, ...parts, terms, version, packsPrefix });
}

async function keepOwnAccessOf(
  kubernetes: Kubernetes,
  client: ReturnType<typeof createKubeClient>,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  const options = { client, clock: systemClock, signal, onError };
  while (!signal.aborted) {
    try {
      const { username } = await kubernetes.self();
      await keepOwnAccess({ ...options, username });
    } catch (error) {
      if (!signal.aborted) onError(error);
      await systemClock.sleep(MINUTE_MS, signal).catch(() => undefined);
    }
  }
}

function openRegistry({ registry: { address, ca, credentials } }: HubOptions) {
  return openRemote(address, { ca, credentials, retry: REGISTRY_RETRY });
}

function certificateSource(
  { tls, terms }: HubOptions,
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
  const { namespace, secret: name, nodes } = tls;
  const read = async () => {
    const addresses = nodes === true ? await readNodeAddresses(client, signal) : [];
    const hosts = [...new Set([...tls.hosts, ...addresses])];
    return await keepTlsSecret({ client, namespace, name, hosts, now: () => new Date(), terms, signal });
  };
  return { name: `Secret ${namespace}/${name}`, everyMs: tls.checkMs ?? MINUTE_MS, read };
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
