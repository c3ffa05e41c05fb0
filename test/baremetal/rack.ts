import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createSocket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { programCache } from '../cluster/builds/programs.ts';
import { ensureHost } from '../cluster/host.ts';
import { ensurePython } from '../python/environment.ts';
import { type EmulatedMachine, MachineEvent, startEmulator } from './emulator.ts';
import { startIronic } from './ironic.ts';
import type { Service } from './service.ts';

export interface RackOptions {
  /** Empty; everything of the rack lies in it. */
  readonly folder: string;
  readonly machines: number;
  /** Whether there are BMCs; else nodes are to be of Ironic's own fake hardware, which obeys at once. */
  readonly hasBmcs?: boolean | undefined;
  /** False where BMCs do not tell enough for an inspection. */
  readonly tellsHardware?: boolean | undefined;
  /** Called for all that happens to a machine. */
  readonly onEvent?: ((event: MachineEvent) => void) | undefined;
  readonly ironic?: { readonly syncSeconds?: number; readonly passwords?: string } | undefined;
  /** Passwords of the BMCs; any is taken when absent. */
  readonly bmcPasswords?: string | undefined;
  readonly signal: AbortSignal;
}

/** A rack of machines with BMCs, the site's Ironic before them, and a server of images. */
export interface Rack {
  readonly ironicUrl: string;
  readonly redfishUrl: string;
  /** Of the node template `node`. */
  readonly isoUrl: string;
  readonly machines: readonly EmulatedMachine[];
  readonly events: readonly MachineEvent[];
  /** Whether Ironic is down, from now on. */
  ironicAway(isAway: boolean): Promise<void>;
  stop(): Promise<void>;
}

export async function startRack(options: RackOptions): Promise<Rack> {
  const { folder, signal } = options;
  const requirements = fileURLToPath(new URL('requirements.txt', import.meta.url));
  const cache = programCache(process.env);
  await ensureHost({ install: true, groups: ['baremetal'], signal });
  const environment = await ensurePython({ name: 'baremetal', requirements, cache, signal });
  const [ironicPort, redfishPort] = [await freePort(), await freePort()];
  const machines = rackMachines(options.machines);
  const events: MachineEvent[] = [];
  const site = await startSite(folder, (event) => {
    events.push(event);
    options.onEvent?.(event);
  });
  const running: Service[] = [site];
  const stop = async () => {
    for (const service of running.splice(0).reverse()) await service.stop();
  };
  try {
    const { tellsHardware, bmcPasswords: passwords } = options;
    const emulator = { environment, folder: join(folder, 'emulator'), port: redfishPort, machines, signal };
    if (options.hasBmcs !== false)
      running.push(
        await startEmulator({ ...emulator, notifyUrl: `${site.url}/event`, passwords, tellsHardware }),
      );
    const ironic = async () =>
      await startIronic({
        ...{ environment, folder: join(folder, 'ironic'), port: ironicPort, imagesUrl: site.url, signal },
        ...options.ironic,
      });
    running.push(await ironic());
    return {
      ironicUrl: `http://127.0.0.1:${ironicPort}`,
      redfishUrl: `http://127.0.0.1:${redfishPort}`,
      isoUrl: `${site.url}/node.iso`,
      machines,
      events,
      ironicAway: async (isAway) => {
        if (isAway) await running.pop()?.stop();
        else running.push(await ironic());
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The machines of a rack of so many. */
export function rackMachines(count: number): EmulatedMachine[] {
  return Array.from({ length: count }, (_, n) => emulatedMachine(n + 1));
}

function emulatedMachine(n: number): EmulatedMachine {
  const two = n.toString(16).padStart(2, '0');
  return {
    uuid: `11111111-0000-4000-8000-0000000000${two}`,
    name: `rack1-${two}`,
    mac: `02:53:4b:01:00:${two}`,
  };
}

/** Takes the emulator's events, and serves images as a site does: also to HEAD with their length, which Ironic asks for. */
async function startSite(folder: string, onEvent: (event: MachineEvent) => void) {
  const root = join(folder, 'ironic/http');
  await mkdir(root, { recursive: true });
  // Nothing reads what is in it: the machines that boot have their own root.
  await writeFile(join(root, 'node.iso'), 'a live system');
  const server = createServer((request, response) => {
    const work = request.url === '/event' ? take(request, response, onEvent) : serve(root, request, response);
    work.catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function take(
  request: IncomingMessage,
  response: ServerResponse,
  onEvent: (event: MachineEvent) => void,
) {
  const event = MachineEvent.parse(JSON.parse(await text(request)));
  response.end();
  onEvent(event);
}

async function serve(root: string, { url = '/', method }: IncomingMessage, response: ServerResponse) {
  const path = join(root, new URL(url, 'http://site').pathname);
  const info = await stat(path).catch(() => undefined);
  if (!info?.isFile()) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'content-length': info.size });
  if (method === 'HEAD') response.end();
  else createReadStream(path).pipe(response);
}

async function freePort(): Promise<number> {
  const socket = createSocket().listen(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address() as AddressInfo;
  socket.close();
  await once(socket, 'close');
  return port;
}
