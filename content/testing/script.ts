import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { DEFAULT_RETRY } from '../remote/retry.ts';

/** For tests: a registry that plays a script, one request after the other, and its faults with it. */
export interface Step {
  /** Method and path with query, e.g. `GET /v2/app/tags/list`. */
  readonly expect: string;
  /** Request headers that must have this value, or with undefined must be absent. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** What the body of the request must be. */
  readonly body?: string | Buffer;
  readonly status?: number;
  /** Headers of the answer; undefined takes one away. */
  readonly answer?: Readonly<Record<string, string | undefined>>;
  readonly send?: string | Buffer;
  readonly fault?: Fault;
  /** The request may come here, or not at all. */
  readonly maybe?: boolean;
}

export type Fault =
  /** The connection is closed without an answer, after so many bytes of the request's body. */
  | { readonly dropAfterTaking: number }
  /** The connection is closed after so many bytes of the answer's body. */
  | { readonly dropAfterSending: number }
  /** The answer comes before the request's body was read. */
  | 'answer early'
  /** The answer never comes. */
  | 'silence';

export interface Script {
  readonly origin: string;
  readonly host: string;
  /** Plays more steps behind those that are left. */
  readonly replay: (steps: readonly Step[]) => void;
}

/** Retries without noticeable pauses. */
export const QUICK = { ...DEFAULT_RETRY, tries: 3, firstPauseMs: 1, maxPauseMs: 2, maxAskedMs: 3000 };

/**
 * Plays the steps on a port of this machine. The test fails when a request is not the next of the script, or when the
 * script was not played to its end.
 */
export async function play(
  context: TestContext,
  steps: readonly Step[] | ((script: Script) => readonly Step[]),
  tls?: { key: string; cert: string },
): Promise<Script> {
  const wrong: string[] = [];
  let left: Step[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const said = `${request.method} ${request.url}`;
    while (left[0]?.maybe && left[0].expect !== said) left.shift();
    const step = left.shift();
    serve(step, said, request, response, wrong).catch((error: unknown) => {
      wrong.push(`${said}: ${String(error)}`);
      response.destroy();
    });
  };
  const server = tls ? createTlsServer(tls, answer) : createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const script = {
    origin: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    replay: (more: readonly Step[]) => {
      left.push(...more);
    },
  };
  left = [...(typeof steps === 'function' ? steps(script) : steps)];
  context.after(() => {
    server.closeAllConnections();
    server.close();
    assert.deepEqual(wrong, []);
    assert.deepEqual(
      left.filter(({ maybe }) => !maybe).map(({ expect }) => expect),
      [],
      'these requests never came',
    );
  });
  return script;
}

async function serve(
  step: Step | undefined,
  said: string,
  request: IncomingMessage,
  response: ServerResponse,
  wrong: string[],
): Promise<void> {
  if (step === undefined || step.expect !== said) {
    wrong.push(`${said} came instead of ${step?.expect ?? 'nothing'}`);
    response.writeHead(418).end();
    return;
  }
  for (const [name, value] of Object.entries(step.headers ?? {}))
    if (request.headers[name] !== value)
      wrong.push(`${said}: ${name} is ${request.headers[name]}, not ${value}`);
  const { fault } = step;
  if (fault === 'silence') return;
  if (typeof fault === 'object' && 'dropAfterTaking' in fault) {
    // Whoever sends may go away first.
    if (fault.dropAfterTaking > 0) await take(request, fault.dropAfterTaking).catch(() => undefined);
    request.socket.resetAndDestroy();
    return;
  }
  if (fault !== 'answer early') {
    const body = await take(request, Number.POSITIVE_INFINITY);
    if (step.body !== undefined && !body.equals(Buffer.from(step.body)))
      wrong.push(`${said}: a body of ${body.byteLength} bytes that is not the one expected`);
  }
  const send = Buffer.from(step.send ?? '');
  const sized = request.method === 'HEAD' ? {} : { 'content-length': String(send.byteLength) };
  const headers = Object.entries({ ...sized, ...step.answer });
  response.writeHead(
    step.status ?? 200,
    Object.fromEntries(headers.filter(([, value]) => value !== undefined)),
  );
  if (typeof fault === 'object') {
    response.write(send.subarray(0, fault.dropAfterSending), () => response.destroy());
    return;
  }
  response.end(send);
}

async function take(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    size += bytes.byteLength;
    if (size >= limit) break;
  }
  return Buffer.concat(chunks);
}
