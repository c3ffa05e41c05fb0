import type { KubeClient } from '../../apply/client/client.ts';
import type { Installation } from '../record/installation.ts';

export interface SupportContext {
  readonly client: Pick<
    KubeClient,
    | 'server'
    | 'version'
    | 'list'
    | 'get'
    | 'read'
    | 'servedVersion'
    | 'isServed'
    | 'kinds'
    | 'create'
    | 'replace'
  >;
  /** Undefined where nothing is installed, or its record cannot be read. */
  readonly installation: Installation | undefined;
  /** Those of the platform. */
  readonly namespaces: readonly string[];
  /** The time of day. */
  readonly now: () => Date;
  /** Ends when the part has had its time. */
  readonly signal: AbortSignal;
  /** Of one log. */
  readonly logLines: number;
  readonly logBytes: number;
}

/** Where a part puts what it finds. What it gets is redacted before it is kept. */
export interface Collected {
  /** A file of the bundle; false when there is no more room. */
  text(path: string, text: string): boolean;
  json(path: string, value: unknown): boolean;
  /** A line for the first page. */
  say(line: string): void;
  /** Something that could not be had. */
  miss(what: string, why: string): void;
}

/** One kind of thing that a bundle holds. */
export interface SupportPart {
  /** Its folder. */
  readonly id: string;
  readonly title: string;
  readonly collect: (context: SupportContext, into: Collected) => Promise<void>;
}
