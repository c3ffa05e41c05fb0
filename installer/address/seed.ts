import { lookup } from 'node:dns/promises';
import { createConnection, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { ReleaseAddress } from '../../bundle/locked-release.ts';
import { openRemote } from '../../content/remote/store.ts';
import type { Store } from '../../content/store.ts';
import { readOnlyAccess } from '../../registry/access/access.ts';
import type { Log } from '../../registry/log.ts';
import { serveRegistry } from '../../registry/server/serve.ts';
import { installerError } from '../errors.ts';
import type { Endpoint } from './address.ts';

export interface Seed {
  readonly endpoint: Endpoint;
  /** How it is told to people. */
  readonly description: string;
  close(): Promise<void>;
}

export interface SeedOptions {
  readonly store: Store;
  readonly release: ReleaseAddress;
  /** The API server’s address: the way to the cluster tells which of this machine's addresses the cluster sees. */
  readonly server: string;
  /** An address of this workstation, given by the user. */
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  /** `host:port` of a registry that already serves the bundle. */
  readonly registry?: string | undefined;
  readonly log: Log;
  /** This machine's addresses. */
  readonly interfaces?: typeof networkInterfaces | undefined;
  readonly signal: AbortSignal;
}

const CONNECT_TIMEOUT_MS = 10_000;
const DRAIN_MS = 500;

/**
 * Where nodes get the first images from: this workstation, serving straight from the bundle, or a registry elsewhere
 * that does. Throws WORKSTATION_ADDRESS_UNKNOWN, REGISTRY_HOLDS_OTHER.
 */
export async function openSeed(options: SeedOptions): Promise<Seed> {
  return options.registry === undefined
    ? await serveHere(options)
    : await useElsewhere(options, options.registry);
}

async function serveHere(options: SeedOptions): Promise<Seed> {
  const { store, server, address, port = 0, log, interfaces = networkInterfaces } = options;
  const ip = address ?? (await ownAddress(server, interfaces));
  const served = await serveRegistry({ store, access: readOnlyAccess, log, listen: { host: ip, port } });
  return {
    endpoint: { ip, port: served.port },
    description: `this workstation, ${ip}:${served.port}`,
    close: () => served.close({ drainMs: DRAIN_MS }),
  };
}

async function useElsewhere({ release, signal }: SeedOptions, registry: string): Promise<Seed> {
  const url = URL.parse(/^https?:\/\//.test(registry) ? registry : `http://${registry}`);
  if (url === null)
    throw installerError('REGISTRY_HOLDS_OTHER', { subject: registry, detail: 'not HOST:PORT' });
  const remote = openRemote(url.origin);
  const held = await remote.readManifest(release.repository, release.digest, { signal });
  await remote.close();
  if (held === undefined)
    throw installerError('REGISTRY_HOLDS_OTHER', {
      subject: registry,
      detail: `no ${release.repository}@${release.digest}`,
    });
  // An EndpointSlice wants an IP address.
  const ip = isIP(url.hostname) ? url.hostname : (await lookup(url.hostname)).address;
  return {
    endpoint: { ip, port: Number(url.port || 80) },
    description: `the registry at ${url.host}`,
    close: async () => {},
  };
}

/** The address from which this machine reaches the API server; nodes most likely reach it under the same. */
async function ownAddress(server: string, interfaces: typeof networkInterfaces): Promise<string> {
  const { hostname, port, protocol } = new URL(server);
  const found = await localAddress(
    hostname.replace(/^\[|\]$/g, ''),
    Number(port || (protocol === 'https:' ? 443 : 80)),
  );
  if (found !== undefined && !isLoopback(found)) return found;
  const other = Object.values(interfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4');
  if (other !== undefined) return other.address;
  throw installerError('WORKSTATION_ADDRESS_UNKNOWN', { subject: server });
}

async function localAddress(host: string, port: number): Promise<string | undefined> {
  return await new Promise((resolve) => {
    const socket = createConnection({ host, port, timeout: CONNECT_TIMEOUT_MS });
    const end = (address: string | undefined) => {
      socket.destroy();
      resolve(address);
    };
    socket.once('connect', () => end(socket.localAddress));
    socket.once('timeout', () => end(undefined));
    socket.once('error', () => end(undefined));
  });
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
