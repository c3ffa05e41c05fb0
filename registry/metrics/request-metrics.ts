import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Exchange } from '../protocol/exchange.ts';
import { type Traffic, trafficBefore, trafficOf } from '../protocol/traffic.ts';

/** From a HEAD that takes a fraction of a millisecond to a layer that takes half an hour; in seconds. */
const DURATIONS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1800];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

interface Running {
  /** Traffic of its connection that is counted already. */
  counted: Traffic;
  /** Milliseconds. */
  readonly began: number;
}

/** Counts requests by method, kind of endpoint and class of status. */
export class RequestMetrics {
  readonly #requests: Counter<'method' | 'endpoint' | 'status'>;
  readonly #durations: Histogram<'method' | 'endpoint'>;
  readonly #received: Counter;
  readonly #sent: Counter;
  readonly #refusedForRoom: Counter;
  readonly #malformed: Counter;
  readonly #cut: Counter<'reason'>;
  readonly #running = new Map<Exchange, Running>();

  constructor(registry: Registry) {
    const registers = [registry];
    this.#requests = new Counter({
      name: 'skerry_registry_requests_total',
      help: 'Requests that are over; status 0xx was never answered.',
      labelNames: ['method', 'endpoint', 'status'],
      registers,
    });
    this.#durations = new Histogram({
      name: 'skerry_registry_request_duration_seconds',
      help: 'From the header of a request to the last byte of its answer.',
      labelNames: ['method', 'endpoint'],
      buckets: DURATIONS,
      registers,
    });
    this.#received = new Counter({
      name: 'skerry_registry_received_bytes_total',
      help: 'Bytes that requests brought, those under way included.',
      registers,
      collect: () => this.#countTraffic(),
    });
    this.#sent = new Counter({
      name: 'skerry_registry_sent_bytes_total',
      help: 'Bytes of answers, those under way included.',
      registers,
    });
    this.#refusedForRoom = new Counter({
      name: 'skerry_registry_no_room_total',
      help: 'Pushes that were refused or stopped because the disk has no room (507).',
      registers,
    });
    this.#malformed = new Counter({
      name: 'skerry_registry_malformed_requests_total',
      help: 'Connections that spoke no HTTP, or with too large a header.',
      registers,
    });
    this.#cut = new Counter({
      name: 'skerry_registry_connections_cut_total',
      help: 'Connections closed to make room for others, or refused as there was none (503).',
      labelNames: ['reason'],
      registers,
    });
    const running = this.#running;
    new Gauge({
      name: 'skerry_registry_requests_in_flight',
      help: 'Requests under way.',
      registers,
      collect() {
        this.set(running.size);
      },
    });
  }

  begin(exchange: Exchange): void {
    const counted = trafficBefore(exchange.socket);
    this.#running.set(exchange, { counted, began: performance.now() });
  }

  end(exchange: Exchange): void {
    const running = this.#running.get(exchange);
    if (running === undefined) return;
    this.#count(exchange, running);
    this.#running.delete(exchange);
    const { request, response, endpoint = 'none' } = exchange;
    const method = METHODS.includes(request.method ?? '') ? (request.method ?? '') : 'other';
    const code = response.headersSent ? response.statusCode : 0;
    this.#requests.inc({ method, endpoint, status: `${Math.floor(code / 100)}xx` });
    this.#durations.observe({ method, endpoint }, (performance.now() - running.began) / 1000);
    if (code === 507) this.#refusedForRoom.inc();
  }

  malformed(): void {
    this.#malformed.inc();
  }

  cut(reason: 'made room' | 'no room'): void {
    this.#cut.inc({ reason });
  }

  #countTraffic(): void {
    for (const [exchange, running] of this.#running) this.#count(exchange, running);
  }

  #count({ socket }: Exchange, running: Running): void {
    const traffic = trafficOf(socket);
    this.#received.inc(traffic.read - running.counted.read);
    this.#sent.inc(traffic.written - running.counted.written);
    running.counted = traffic;
  }
}
