import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Store, WritableStore } from '../content/store.ts';
import type { Access } from './access/access.ts';
import type { TurnedAway } from './access/turned-away.ts';
import type { Audit } from './audit/audit.ts';
import type { BodyMemory } from './body-memory.ts';
import type { Limits } from './limits.ts';
import type { Metrics } from './metrics/metrics.ts';
import { ProtocolError } from './protocol-error.ts';
import type { Room } from './room.ts';
import type { RouteKind } from './route.ts';
import type { TagLocks } from './tag-locks.ts';
import type { UploadFolder } from './upload-folder.ts';

/** One request and what answers it, as the endpoints see them. */
export interface Exchange {
  /** Under which the request is found in the logs. */
  readonly id: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The connection; a request lets go of it when its client is gone. */
  readonly socket: Socket;
  /** Where it comes from. */
  readonly remote: string | undefined;
  /** What the answer says besides what its endpoint does. */
  readonly headers: Record<string, string>;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
  /** True while the registry waits for the client to send; how a slow client is told from a slow disk. */
  awaitingBody: boolean;
  /** Asks for the body of a client that waits to be asked (Expect: 100-continue), once. */
  readonly wantBody: () => void;
  /** Which kind of endpoint it went to, once that is known. */
  endpoint?: RouteKind | undefined;
  /** What the request log says besides the usual. */
  user?: string | undefined;
  failure?: string | undefined;
  warning?: string | undefined;
  /** Where something failed that nobody had thought of. */
  stack?: string | undefined;
}

/** What every endpoint works with. */
export interface Services {
  readonly store: Store;
  readonly access: Access;
  /** Where clients find the registry, when that is not what they write into Host. */
  readonly externalUrl: string | undefined;
  readonly audit: Audit;
  /** Logins that are not looked at. */
  readonly turnedAway: TurnedAway;
  readonly limits: Limits;
  readonly metrics: Metrics;
  /** What it takes to push; absent in a read-only registry, which deletes nothing either. */
  readonly writing: Writing | undefined;
  readonly tagLocks: TagLocks;
  /** Refuse image manifests whose blobs are not there, instead of warning. Sparse indexes are always taken. */
  readonly requireBlobs: boolean;
}

export interface Writing {
  readonly store: WritableStore;
  /** Where uploads are kept until they are whole. */
  readonly uploads: UploadFolder;
  /** What the disk still takes. */
  readonly room: Room;
  /** For manifests on their way in. */
  readonly manifestMemory: BodyMemory;
}

/** Who asks, as far as one can tell. */
export function askerOf({ user = '', remote = '' }: Exchange): string {
  return `${user}@${remote}`;
}

/** A request header that counts once; undefined when it is absent. */
export function headerOf(exchange: Exchange, name: string): string | undefined {
  const value = exchange.request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** Throws a ProtocolError (405) in a read-only registry. */
export function writingOf({ writing }: Services): Writing {
  if (writing === undefined)
    throw new ProtocolError('UNSUPPORTED', { message: 'this registry is read-only' });
  return writing;
}
