import type { Server } from 'node:http';
import { Gauge, type Registry } from 'prom-client';
import type { Services } from '../exchange.ts';

/** A running registry, as its gauges see it. */
export interface Watched {
  readonly server: Server;
  readonly services: Services;
}

/** Connections and uploads, counted whenever Prometheus asks. */
export function watchServer(registry: Registry, { server, services }: Watched): void {
  const registers = [registry];
  new Gauge({
    name: 'skerry_registry_connections',
    help: 'Open connections.',
    registers,
    async collect() {
      this.set(await connectionsOf(server));
    },
  });
  const { writing } = services;
  if (writing === undefined) return;
  new Gauge({
    name: 'skerry_registry_uploads_open',
    help: 'Uploads that are under way or were left unfinished.',
    registers,
    async collect() {
      this.set(await writing.uploads.count());
    },
  });
}

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.getConnections((error, count) => resolve(error === null ? count : 0));
  });
}
