import { z } from 'zod';
import { platformError } from '../../errors.ts';
import type { Action, User } from '../kubernetes.ts';
import type { Credentials } from './access.ts';
import { invalidFields } from './field-error.ts';
import type { ServerEvent } from './server-events.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What an operation is given, narrowed. */
export interface Request<P, Q, B, H> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Of the headers only those that the operation names, in small letters. */
  readonly headers: H;
  readonly user: User;
  readonly caller: Caller;
  /** Aborted when the client goes or the hub stops. */
  readonly signal: AbortSignal;
}

/** Of a request as it came, what only signing in looks at. */
export interface Caller extends Credentials {
  readonly host: string | undefined;
  /** The query with its question mark. */
  readonly search: string;
}

/** Headers of an answer; Set-Cookie comes once for each cookie. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[]>>;

/** An answer with another status than the operation's usual one, or with headers. */
export class Reply<T> {
  readonly body: T;
  readonly status: number | undefined;
  readonly headers: AnswerHeaders;
  /** Whose session began or ended with it, for the audit. */
  readonly session: string | undefined;

  constructor(
    body: T,
    options: { status?: number; headers?: AnswerHeaders; session?: string | undefined } = {},
  ) {
    this.body = body;
    this.status = options.status;
    this.headers = options.headers ?? {};
    this.session = options.session;
  }
}

/** One operation of the API: what it is called, what it takes and gives, who may, and how it is done. */
export interface Definition<
  P extends z.ZodObject,
  Q extends z.ZodObject,
  R extends z.ZodType,
  B extends z.ZodType,
  H extends z.ZodObject,
> {
  /** `GET` when absent. */
  readonly method?: Method;
  /** As OpenAPI writes it: `/api/v1/packs/{name}`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly tag: string;
  readonly params: P;
  readonly query: Q;
  /** Headers that are read, in small letters; none when absent. */
  readonly headers?: H;
  /** JSON that is taken, as `application/json` or, for PATCH, `application/merge-patch+json`; none when absent. */
  readonly body?: B;
  /** Bytes; 64 KiB when absent. */
  readonly bodyLimit?: number;
  /** Name of the body's schema in the document. */
  readonly takes?: string;
  /** Status of the usual answer; 200 when absent. */
  readonly status?: number;
  /** Name of the answer's schema in the document. */
  readonly answers: string;
  readonly response: R;
  /** Headers of the answer, with what they say. */
  readonly answerHeaders?: Readonly<Record<string, string>>;
  /** Codes that the answer can be, besides those that every operation has. */
  readonly problems?: readonly string[];
  /** What the user must be allowed to do; none: a token is enough; absent when anyone may. */
  readonly action?: (
    params: z.output<P>,
    request: { query: z.output<Q>; headers: z.output<H> },
  ) => Action | readonly Action[];
  /** What the user must be allowed to do besides, because of what the body asks for. */
  readonly bodyAction?: (params: z.output<P>, body: z.output<B>) => readonly Action[];
  /** Asked so often that its requests are not logged. */
  readonly quiet?: boolean;
  /** Where people come in: anyone may ask, as often as with a token that is nobody's, and from no other site. */
  readonly entry?: boolean;
  /** A browser goes there: what is wrong is said as a page. */
  readonly page?: boolean;
  readonly answer: (
    request: Request<z.output<P>, z.output<Q>, z.output<B>, z.output<H>>,
  ) => Promise<z.input<R> | Reply<z.input<R>>> | z.input<R> | Reply<z.input<R>>;
  /** What is answered, event by event, where the client accepts `text/event-stream`. */
  readonly watch?: {
    /** What the user must be allowed to do, asked again at each heartbeat; none where `begin` asks itself. */
    readonly action?: (params: z.output<P>) => Action;
    readonly begin: (
      request: Request<z.output<P>, z.output<Q>, z.output<B>, z.output<H>>,
    ) => Promise<EventSource> | EventSource;
    /** What the events say, where that is other than for a list. */
    readonly tells?: string;
    /** There is no other answer, whatever the client accepts. */
    readonly always?: true;
  };
}

/** Events, and what is looked at now and then while they are sent. */
export interface EventSource {
  readonly events: AsyncIterable<ServerEvent>;
  /** Throws where the user may no longer see what is sent. */
  readonly check?: ((user: User) => Promise<void>) | undefined;
}

/** An operation with its types closed over, as the server and the OpenAPI document take it. */
export interface Route {
  readonly method: Method;
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly tag: string;
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  readonly headers: z.ZodObject;
  readonly body: z.ZodType | undefined;
  readonly bodyLimit: number | undefined;
  readonly takes: string | undefined;
  readonly status: number;
  readonly answers: string;
  readonly response: z.ZodType;
  readonly answerHeaders: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
  readonly secured: boolean;
  readonly watchable: boolean;
  /** There is no other answer than events. */
  readonly isStream: boolean;
  readonly tells: string | undefined;
  readonly quiet: boolean;
  readonly entry: boolean;
  readonly page: boolean;
  /** Narrows all but the body of a request. Throws REQUEST_INVALID. */
  readonly prepare: (raw: RawRequest) => Prepared;
}

export interface RawRequest {
  readonly params: unknown;
  readonly query: unknown;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/** Who asks, and how long. */
export interface Asker {
  readonly user: User;
  readonly caller: Caller;
  readonly signal: AbortSignal;
}

export interface Prepared {
  readonly actions: readonly Action[];
  /** What else the user must be allowed to do, asked once those are. Throws OBJECT_INVALID. */
  readonly bodyActions: () => readonly Action[];
  /** Narrows the body too: nobody who may not do it learns what is wrong with it. Throws OBJECT_INVALID. */
  readonly answer: (asker: Asker) => Promise<unknown>;
  /** In place of both, where the client wants events. */
  readonly watch:
    | {
        readonly action: Action | undefined;
        readonly begin: (asker: Asker) => Promise<EventSource> | EventSource;
      }
    | undefined;
}

/** Params or query of an operation that takes none. */
export const nothing = z.strictObject({});

export function route<
  P extends z.ZodObject,
  Q extends z.ZodObject,
  R extends z.ZodType,
  B extends z.ZodType = z.ZodUndefined,
  H extends z.ZodObject = typeof nothing,
>(definition: Definition<P, Q, R, B, H>): Route {
  const { method = 'GET', status = 200, problems = [], quiet = false, answerHeaders = {} } = definition;
  const { entry = false, page = false } = definition;
  const { action, bodyAction, answer, watch, headers, ...rest } = definition;
  return {
    ...rest,
    method,
    status,
    problems,
    quiet,
    entry,
    page,
    answerHeaders,
    headers: headers ?? nothing,
    body: definition.body,
    bodyLimit: definition.bodyLimit,
    takes: definition.takes,
    secured: action !== undefined,
    watchable: watch !== undefined,
    isStream: watch?.always === true,
    tells: watch?.tells,
    prepare: (raw) => prepare(definition, raw),
  };
}

function prepare<
  P extends z.ZodObject,
  Q extends z.ZodObject,
  R extends z.ZodType,
  B extends z.ZodType,
  H extends z.ZodObject,
>({ action, bodyAction, answer, watch, ...schemas }: Definition<P, Q, R, B, H>, raw: RawRequest): Prepared {
  const params = parse(schemas.params, raw.params);
  const query = parse(schemas.query, raw.query);
  const headers = readHeaders(schemas.headers, raw.headers);
  const requestOf = (asker: Asker) => ({
    ...asker,
    params,
    query,
    headers,
    body: readBody(schemas.body, raw.body),
  });
  const actions = action?.(params, { query, headers }) ?? [];
  return {
    actions: 'verb' in actions ? [actions] : actions,
    bodyActions: () => bodyAction?.(params, readBody(schemas.body, raw.body)) ?? [],
    answer: async (asker) => await answer(requestOf(asker)),
    watch:
      watch === undefined || !(watch.always === true || accepts(raw.headers.accept, EVENT_STREAM))
        ? undefined
        : { action: watch.action?.(params), begin: (asker) => watch.begin(requestOf(asker)) },
  };
}

export const JSON_TYPE = 'application/json';
export const MERGE_PATCH_TYPE = 'application/merge-patch+json';

/** What types of body an operation takes. */
export function mediaTypesOf({ method, body }: Pick<Route, 'method' | 'body'>): readonly string[] {
  if (body === undefined) return [];
  return [method === 'PATCH' ? MERGE_PATCH_TYPE : JSON_TYPE];
}

export const EVENT_STREAM = 'text/event-stream';

function accepts(header: unknown, type: string): boolean {
  if (typeof header !== 'string') return false;
  return header.split(',').some((part) => part.split(';')[0]?.trim().toLowerCase() === type);
}

function readHeaders<H extends z.ZodObject>(schema: H | undefined, raw: RawRequest['headers']): z.output<H> {
  const known: z.ZodObject = schema ?? nothing;
  const named = Object.keys(known.shape).filter((name) => raw[name] !== undefined);
  const read = parse(known, Object.fromEntries(named.map((name) => [name, raw[name]])));
  // H is the type of `nothing` where there is no schema, which the checker can't see.
  return read as z.output<H>;
}

function readBody<B extends z.ZodType>(schema: B | undefined, raw: unknown): z.output<B> {
  const known: z.ZodType = schema ?? z.undefined();
  const result = known.safeParse(raw);
  // As above, for z.undefined().
  if (result.success) return result.data as z.output<B>;
  throw invalidFields('body', result.error.issues);
}

function parse<S extends z.ZodType>(schema: S, raw: unknown): z.output<S> {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : '';
  throw platformError('REQUEST_INVALID', {
    subject: issue?.path.join('.') || unknown || 'request',
    detail: issue?.message,
  });
}
