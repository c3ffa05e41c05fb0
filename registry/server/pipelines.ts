import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Exchange } from '../protocol/exchange.ts';

interface Pipeline {
  last: ServerResponse;
  open: number;
}

/** Requests that wait behind another on one connection. No client of registries sends any without waiting for answers. */
const MOST = 16;

/**
 * Answers the requests of a connection one after the other: Node hands over all that a client sent without waiting
 * (RFC 9112, section 9.3.2), and each would have its file or its bytes in memory while it waits behind the others.
 */
export class Pipelines {
  readonly #pipelines = new WeakMap<Socket, Pipeline>();

  /** Resolves when all requests before are answered. Cuts the connection when too many wait. */
  turn({ socket, response }: Exchange): Promise<void> | undefined {
    const pipeline = this.#pipelines.get(socket) ?? { last: response, open: 0 };
    this.#pipelines.set(socket, pipeline);
    const before = pipeline.open === 0 ? undefined : pipeline.last;
    pipeline.open++;
    pipeline.last = response;
    response.once('close', () => pipeline.open--);
    if (pipeline.open > MOST) socket.destroy();
    return before && new Promise((resolve) => before.once('close', () => resolve()));
  }
}
