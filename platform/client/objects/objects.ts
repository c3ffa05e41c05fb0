import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { platformError } from '../../errors.ts';
import type { HubAnswer, HubConnection } from '../connection/connection.ts';
import { isRefusal } from '../connection/problem-error.ts';
import { requestPath } from '../connection/request-path.ts';
import { narrow } from '../narrow.ts';
import { contains } from './contains.ts';

/** What every object of the hub has. */
export interface StoredObject {
  readonly name: string;
  readonly project: string;
  readonly uid: string;
  readonly created: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly version: string;
  readonly spec: unknown;
}

/** A kind of object as the client works with it. */
export interface Kind<T extends StoredObject> {
  readonly kind: string;
  readonly plural: string;
  readonly answer: z.ZodType<T>;
}

/** A JSON Merge Patch (RFC 7396). */
export type Patch = Readonly<Record<string, unknown>>;

export interface Draft {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly spec: unknown;
}

const ListPage = z.looseObject({ items: z.array(z.unknown()), continue: z.string().optional() });

const PAGE = 200;
const MAX_PAGES = 1000;
const MAX_CONFLICTS = 8;

/** The objects of one kind in one project, or in all where there is none. */
export class Objects<T extends StoredObject> {
  readonly kind: Kind<T>;
  readonly #connection: HubConnection;
  readonly #project: string | undefined;
  readonly #signal: AbortSignal;

  constructor(connection: HubConnection, kind: Kind<T>, project: string | undefined, signal: AbortSignal) {
    this.kind = kind;
    this.#connection = connection;
    this.#project = project;
    this.#signal = signal;
  }

  /** All of them, page by page. */
  async list(labelSelector?: string): Promise<T[]> {
    const all: T[] = [];
    let next: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const query = { limit: PAGE, continue: next, labelSelector };
      const { body } = await this.#send('GET', this.collectionPath(query));
      const { items, rest } = this.#page(body);
      all.push(...items);
      if (rest === undefined) return all;
      next = rest;
    }
    throw platformError('HUB_ANSWER_INVALID', { subject: this.kind.plural, detail: 'a list without an end' });
  }

  async get(name: string): Promise<T> {
    return (await this.#getWithTag(name)).object;
  }

  async find(name: string): Promise<T | undefined> {
    try {
      return await this.get(name);
    } catch (error) {
      if (isRefusal(error, 404) && error.code !== 'PROJECT_NOT_FOUND') return undefined;
      throw error;
    }
  }

  /** Makes an object, once, however often the request has to be sent. Throws OBJECT_EXISTS. */
  async create(draft: Draft): Promise<T> {
    const headers = { 'idempotency-key': randomUUID() };
    return this.#narrow((await this.#send('POST', this.collectionPath(), draft, headers)).body);
  }

  /** The object as it would be made; makes nothing. Throws what `create` throws. */
  async check(draft: Draft): Promise<T> {
    return this.#narrow((await this.#send('POST', this.collectionPath({ dryRun: 'true' }), draft)).body);
  }

  /** The object as it would be changed; changes nothing. Throws what `change` throws. */
  async checkChange(name: string, patch: Patch): Promise<T> {
    return this.#narrow((await this.#send('PATCH', `${this.#path(name)}?dryRun=true`, patch)).body);
  }

  /**
   * Changes an object as `change` says, seen what it is; nothing where it gives nothing. When somebody else was faster,
   * or an answer was lost, it is asked again about what is there then.
   */
  async change(
    name: string,
    change: (object: T) => Patch | undefined,
  ): Promise<{ object: T; changed: boolean }> {
    for (let tries = 1; ; tries++) {
      const { object, etag } = await this.#getWithTag(name);
      const patch = change(object);
      if (patch === undefined || contains(object, patch)) return { object, changed: tries > 1 };
      try {
        const { body } = await this.#send('PATCH', this.#path(name), patch, { 'if-match': etag });
        return { object: this.#narrow(body), changed: true };
      } catch (error) {
        if (!isRefusal(error, 412) || tries >= MAX_CONFLICTS) throw error;
      }
    }
  }

  /** Deletes an object; one that is gone already is gone. */
  async delete(name: string): Promise<void> {
    try {
      await this.#send('DELETE', this.#path(name));
    } catch (error) {
      if (!isRefusal(error, 404)) throw error;
    }
  }

  /** The address of the list, also where it is watched. */
  collectionPath(query: Readonly<Record<string, string | number | undefined>> = {}): string {
    const { plural } = this.kind;
    return this.#project === undefined
      ? requestPath('/api/v1/{plural}', { plural }, query)
      : requestPath('/api/v1/projects/{project}/{plural}', { project: this.#project, plural }, query);
  }

  #path(name: string): string {
    const project = this.#project ?? '';
    const { plural } = this.kind;
    return requestPath('/api/v1/projects/{project}/{plural}/{name}', { project, plural, name });
  }

  async #send(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<HubAnswer> {
    const contentType = method === 'PATCH' ? 'application/merge-patch+json' : undefined;
    const signal = this.#signal;
    const request = { method, path, headers, body, contentType, signal };
    return await this.#connection.send(request);
  }

  async #getWithTag(name: string): Promise<{ object: T; etag: string }> {
    const { body, etag } = await this.#send('GET', this.#path(name));
    const object = this.#narrow(body);
    return { object, etag: etag ?? `"${object.version}"` };
  }

  #page(body: unknown): { items: T[]; rest: string | undefined } {
    const { items, continue: rest } = narrow(ListPage, body, this.kind.plural);
    return { items: items.map((item) => this.#narrow(item)), rest: rest || undefined };
  }

  #narrow(value: unknown): T {
    return narrow(this.kind.answer, value, this.kind.plural);
  }
}
