import { readEvents, type StreamEvent } from '../connection/event-stream.ts';
import { filledPath, type Query } from '../connection/filled-path.ts';
import type { Operations } from '../operations.ts';
import { type HubProblem, problemIn } from './hub-problem.ts';

/** Any operation, as it is called by its name: method and path. */
export type OperationName = keyof Operations & string;

/** What an operation is called with. */
export type InputOf<N extends OperationName> = Operations[N]['input'] & { readonly signal?: AbortSignal };

export interface HubFetchOptions {
  /** The browser's own when absent. */
  readonly fetch?: typeof fetch;
  /** Where the hub is; that of the page when absent. */
  readonly origin?: string;
  /**
   * Called when the session has ended (401). The request is sent once more when it is settled, so that nothing that was
   * typed is lost; where it is rejected or absent, the problem is thrown.
   */
  readonly onSignedOut?: (problem: HubProblem) => Promise<void>;
  /** How long a stream may say nothing, in milliseconds; the hub's heartbeats come more often. */
  readonly silenceMs?: number;
}

/** An answer with the version of the object that it has, for If-Match. */
export interface Tagged<T> {
  readonly body: T;
  readonly etag: string | undefined;
}

interface Input {
  readonly params?: Readonly<Record<string, string>> | undefined;
  readonly query?: Query | undefined;
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

const SILENCE_MS = 45_000;

/**
 * The operations of the hub that served the page, by a browser's session. Answers are taken as the types say: hub and
 * page are one program of one version. Throws HubProblem, and what fetch throws where there is no answer.
 */
export class HubFetch {
  readonly #options: HubFetchOptions;

  constructor(options: HubFetchOptions = {}) {
    this.#options = options;
  }

  async call<N extends OperationName>(name: N, input: InputOf<N>): Promise<Operations[N]['answer']> {
    return (await this.tagged(name, input)).body;
  }

  /** As call, with the ETag. */
  async tagged<N extends OperationName>(
    name: N,
    input: InputOf<N>,
  ): Promise<Tagged<Operations[N]['answer']>> {
    const response = await this.#answer(name, input, 'application/json');
    const text = await response.text();
    return {
      body: text === '' ? undefined : JSON.parse(text),
      etag: response.headers.get('etag') ?? undefined,
    };
  }

  /** The events of a stream, until the hub ends it or the signal does. */
  async *events(
    name: 'GET /api/v1/watch',
    input: InputOf<'GET /api/v1/watch'>,
  ): AsyncGenerator<StreamEvent, void, undefined> {
    const silence = new AbortController();
    const signal = AbortSignal.any([silence.signal, ...(input.signal === undefined ? [] : [input.signal])]);
    const response = await this.#answer(name, { ...input, signal }, 'text/event-stream');
    if (response.body === null) return;
    yield* readEvents(chunksOf(response.body, silence, this.#options.silenceMs ?? SILENCE_MS));
  }

  async #answer(name: OperationName, input: Input, accept: string): Promise<Response> {
    const { onSignedOut } = this.#options;
    const first = await this.#send(name, input, accept);
    if (first.ok) return first;
    const problem = problemIn(first.status, await first.text());
    if (problem.status !== 401 || onSignedOut === undefined) throw problem;
    await onSignedOut(problem);
    const second = await this.#send(name, input, accept);
    if (second.ok) return second;
    throw problemIn(second.status, await second.text());
  }

  async #send(
    name: OperationName,
    { params = {}, query = {}, headers = {}, ...rest }: Input,
    accept: string,
  ) {
    const [method = 'GET', path = '/'] = name.split(' ');
    const send = this.#options.fetch ?? fetch;
    const sent: Record<string, string> = { accept };
    for (const [key, value] of Object.entries(headers)) if (value !== undefined) sent[key] = value;
    if (rest.body !== undefined)
      sent['content-type'] = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    return await send(`${this.#options.origin ?? ''}${filledPath(path, params, query, unfit)}`, {
      method,
      headers: sent,
      ...(rest.body === undefined ? {} : { body: JSON.stringify(rest.body) }),
      ...(rest.signal === undefined ? {} : { signal: rest.signal }),
      redirect: 'error',
    });
  }
}

function unfit(_: string, value: string): TypeError {
  return new TypeError(`no name: ${JSON.stringify(value)}`);
}

/** Chunk by chunk; not all browsers can iterate over a body. A connection that says nothing leads nowhere. */
async function* chunksOf(
  body: ReadableStream<Uint8Array>,
  silence: AbortController,
  silenceMs: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = body.getReader();
  try {
    for (;;) {
      const timer = setTimeout(() => silence.abort(new Error('the hub is silent')), silenceMs);
      const { done, value } = await reader.read().finally(() => clearTimeout(timer));
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}
