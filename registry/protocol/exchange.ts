import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { KeyedMutex } from '../../content/keyed-mutex.ts';
import type { Credentials } from '../../content/remote/credentials.ts';
import type { CallOptions, Store, WritableStore } from '../../content/store.ts';
import type { AnswerMemory } from './answer/answer-memory.ts';
import type { BodyMemory } from './body-memory.ts';
import type { ChangeRecord } from './change-record.ts';
import type { DiskSpace } from './disk-space.ts';
import type { ListPages } from './endpoints/list-pages.ts';
import type { Guard } from './guard.ts';
import type { Limits } from './limits.ts';
import type { ListTurns } from './list-turns.ts';
import { ProtocolError } from './protocol-error.ts';
import type { RouteKind } from './route.ts';

/** One request and what answers it, as the endpoints see them. */
export interface Exchange {
  /** Under which the request is found in the logs. */
  readonly id: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The connection; a request releases it when its client is gone. */
  readonly socket: Socket;
  /** Where it comes from. */
  readonly remote: string | undefined;
  /** Where large answers wait. */
  readonly answers: AnswerMemory;
  /** What the answer says besides what its endpoint does. */
  readonly headers: Record<string, string>;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
  /** True while the registry waits for the client to send; how a slow client is distinguished from a slow disk. */
  awaitingBody: boolean;
  /** Asks for the body of a client that waits to be asked (Expect: 100-continue), once. */
  readonly wantBody: () => void;
  /** Which kind of endpoint it went to, once that is known. */
  endpoint?: RouteKind | undefined;
  /** What the request log says besides the usual. */
  user?: string | undefined;
  /** What the client showed, for a store that asks another one in its name. Never logged. */
  clientCredentials?: Credentials | undefined;
  failure?: string | undefined;
  warning?: string | undefined;
  /** Where something unexpected failed. */
  stack?: string | undefined;
}

/** What every endpoint works with. */
export interface Services {
  readonly answers: AnswerMemory;
  readonly lists: ListTurns;
  readonly pages: ListPages;
  readonly store: Store;
  readonly guard: Guard;
  readonly changes: ChangeRecord;
  readonly limits: Limits;
  /** What it takes to push; absent in a read-only registry, which deletes nothing either. */
  readonly writing: Writing | undefined;
  readonly tagLocks: KeyedMutex;
  /** Refuse image manifests whose blobs are not there, instead of warning. Sparse indexes are always taken. */
  readonly requireBlobs: boolean;
}

export interface Writing {
  readonly store: WritableStore;
  /** What the disk still takes. */
  readonly space: DiskSpace;
  /** For manifests on their way in. */
  readonly manifestMemory: BodyMemory;
}

/** Who asks, as far as one can tell. */
export function askerOf({ user = '', remote = '' }: Exchange): string {
  return `${user}@${remote}`;
}

/** What a store hears of who asks for content. */
export function callOf(exchange: Exchange): CallOptions {
  return { signal: exchange.signal, by: askerOf(exchange), clientCredentials: exchange.clientCredentials };
}

/** A request header that counts once; undefined when it is absent. */
export function headerOf(exchange: Exchange, name: string): string | undefined {
  const value = exchange.request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** Throws a ProtocolError (405) in a read-only registry. */
export function writingOf<W extends Writing>({ writing }: { readonly writing: W | undefined }): W {
  if (writing === undefined)
    throw new ProtocolError('UNSUPPORTED', { message: 'this registry is read-only' });
  return writing;
}
