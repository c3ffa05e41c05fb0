import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { z } from 'zod';
import type { Cluster } from '../cluster/cluster.ts';

const EVERY_MS = 100;
const ANSWER_MS = 1000;

export interface Outage {
  readonly tries: number;
  readonly failures: number;
  /** The longest time without an answer, in milliseconds. */
  readonly longestMs: number;
}

/** Asks again and again until it is stopped, and tells how long nobody answered. */
class Prober {
  readonly #ask: () => Promise<boolean>;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #tries = 0;
  #failures = 0;
  #longestMs = 0;

  constructor(ask: () => Promise<boolean>) {
    this.#ask = ask;
    this.#done = this.#run();
  }

  async stop(): Promise<Outage> {
    this.#stop.abort();
    await this.#done;
    return { tries: this.#tries, failures: this.#failures, longestMs: Math.round(this.#longestMs) };
  }

  async #run(): Promise<void> {
    let answered = performance.now();
    while (!this.#stop.signal.aborted) {
      this.#tries++;
      if (await this.#ask().catch(() => false)) answered = performance.now();
      else {
        this.#failures++;
        this.#longestMs = Math.max(this.#longestMs, performance.now() - answered);
      }
      await sleep(EVERY_MS);
    }
  }
}

const Service = z.looseObject({
  spec: z.looseObject({ clusterIP: z.string(), ports: z.array(z.looseObject({ port: z.number() })) }),
});

/** Watches the hub's API by its Service. */
export async function watchHub(cluster: Cluster): Promise<{ stop: () => Promise<Outage> }> {
  const service = await cluster.api.get('/api/v1/namespaces/skerry-system/services/skerry-hub');
  const { clusterIP, ports } = Service.parse(service).spec;
  return new Prober(() => answersTls(cluster, clusterIP, ports[0]?.port ?? 443));
}

/** Watches the registry at the address from which nodes pull. */
export function watchRegistry(cluster: Cluster): { stop: () => Promise<Outage> } {
  return new Prober(() => answersHttp(cluster, '127.0.0.1', 31999));
}

/**
 * A connection that is made within the time for an answer. One that was begun towards a pod that just went is never
 * refused, and would be tried for a minute while others are answered.
 */
async function connectSoon(cluster: Cluster, host: string, port: number) {
  const opening = cluster.connect(host, port);
  const late = new AbortController();
  const socket = await Promise.race([
    opening,
    sleep(ANSWER_MS, undefined, { signal: late.signal }).catch(() => undefined),
  ]);
  late.abort();
  if (socket !== undefined) return socket;
  opening.then(
    (opened) => opened.destroy(),
    () => undefined,
  );
  throw new Error(`no connection within ${ANSWER_MS} ms`);
}

async function answersTls(cluster: Cluster, host: string, port: number): Promise<boolean> {
  const socket = await connectSoon(cluster, host, port);
  return await new Promise((resolve) => {
    const secure = connect({ socket, rejectUnauthorized: false, servername: 'skerry-hub' }, () =>
      secure.write('GET /readyz HTTP/1.1\r\nhost: skerry-hub\r\nconnection: close\r\n\r\n'),
    );
    const end = (isAnswered: boolean) => {
      secure.destroy();
      socket.destroy();
      resolve(isAnswered);
    };
    secure.once('data', (chunk: Buffer) => end(chunk.toString().startsWith('HTTP/1.1 200')));
    secure.once('error', () => end(false));
    secure.once('close', () => end(false));
    secure.setTimeout(ANSWER_MS, () => end(false));
  });
}

async function answersHttp(cluster: Cluster, host: string, port: number): Promise<boolean> {
  const socket = await connectSoon(cluster, host, port);
  return await new Promise((resolve) => {
    const asked = request(
      { createConnection: () => socket, path: '/v2/', timeout: ANSWER_MS, headers: { host: 'registry' } },
      (response) => {
        response.resume();
        socket.destroy();
        resolve((response.statusCode ?? 500) < 500);
      },
    );
    const end = () => {
      socket.destroy();
      resolve(false);
    };
    asked.once('timeout', end);
    asked.once('error', end);
    asked.end();
  });
}
