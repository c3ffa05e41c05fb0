import type { Server } from 'node:http';
import { Gauge, type Registry } from 'prom-client';
import type { Services } from '../protocol/exchange.ts';

/** A running registry, as its gauges see it. */
export interface Watched {
  readonly server: Server;
  readonly services: Services;
  /** How many uploads are open; undefined where nothing can be pushed. */
  readonly countUploads: (() => Promise<number>) | undefined;
}

/** Connections and uploads, counted whenever Prometheus asks. */
export function watchServer(registry: Registry, { server, countUploads }: Watched): void {
  const registers = [registry];
  new Gauge({
    name: 'skerry_registry_connections',
    help: 'Open connections.',
    registers,
    async collect() {
      this.set(await connectionsOf(server));
    },
  });
  if (countUploads === undefined) return;
  new Gauge({
    name: 'skerry_registry_uploads_open',
    help: 'Uploads that are under way or were left unfinished.',
    registers,
    async collect() {
      this.set(await countUploads());
    },
  });
}

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.getConnections((error, count) => resolve(error === null ? count : 0));
  });
}
