import { X509Certificate } from 'node:crypto';
import type { Server } from 'node:http';
import { Gauge, type Registry } from 'prom-client';
import type { Services } from '../protocol/exchange.ts';

/** A running registry, as its gauges see it. */
export interface Watched {
  readonly server: Server;
  readonly services: Services;
  /** What is served with (PEM), the latest; undefined without TLS. */
  readonly certificate: () => string | Buffer | undefined;
  /** How many uploads are open; undefined where nothing can be pushed. */
  readonly countUploads: (() => Promise<number>) | undefined;
}

/** Connections and uploads, counted whenever Prometheus asks. */
export function watchServer(registry: Registry, { server, certificate, countUploads }: Watched): void {
  const registers = [registry];
  watchCertificate(registry, certificate);
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

function watchCertificate(registry: Registry, certificate: Watched['certificate']): void {
  const gauge = (name: string, help: string, field: 'validFrom' | 'validTo') =>
    new Gauge({
      ...{ name, help, registers: [registry], labelNames: ['certificate'] },
      collect() {
        const pem = certificate();
        if (pem === undefined) return;
        this.set({ certificate: 'server' }, Date.parse(new X509Certificate(pem)[field]) / 1000);
      },
    });
  gauge(
    'skerry_registry_certificate_begin_timestamp_seconds',
    'When its TLS certificate begins.',
    'validFrom',
  );
  gauge('skerry_registry_certificate_end_timestamp_seconds', 'When its TLS certificate ends.', 'validTo');
}

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.getConnections((error, count) => resolve(error === null ? count : 0));
  });
}
