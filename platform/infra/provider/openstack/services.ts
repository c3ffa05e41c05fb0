import { z } from 'zod';
import type { CloudAnswer, CloudConnection, CloudRequest } from '../../connection/cloud-connection.ts';
import { infraError } from '../../errors.ts';
import { type Catalogue, endpointOf, type ServiceType } from './catalogue.ts';
import { failureOf, refusalOf } from './refusal.ts';
import type { Session } from './session.ts';
import type { OpenStackSettings } from './settings.ts';
import type { Token } from './token.ts';

/** Nova's API as it is asked: tags at creation are from 2.52, a type for the boot volume from 2.67 (Stein, 2019). */
export const COMPUTE_MICROVERSION = '2.67';
/** A list with more pages than this is no list. */
const MAX_PAGES = 200;

export interface ServicesInput {
  readonly session: Session;
  readonly settings: OpenStackSettings;
  /** Keystone's address. */
  readonly keystone: string;
  readonly identity: CloudConnection;
  /** Every connection goes at the pace of the account. */
  readonly connect: (url: string) => CloudConnection;
  readonly now: () => Date;
}

/** Keystone is where the account says, and not in the catalogue. */
export type Asked = ServiceType | 'identity';

export interface ServiceRequest extends CloudRequest {
  /** Statuses that the caller wants to see; others above 299 are thrown. */
  readonly accept?: readonly number[] | undefined;
}

/** Nova, Neutron and Glance with one session. */
export class Services {
  readonly #input: ServicesInput;
  readonly #connections = new Map<string, CloudConnection>();

  constructor(input: ServicesInput) {
    this.#input = input;
  }

  async token(signal: AbortSignal): Promise<Token> {
    return await this.#input.session.token(signal);
  }

  now(): Date {
    return this.#input.now();
  }

  get sessions(): number {
    return this.#input.session.count;
  }

  /**
   * The answer to one request. A token that a service no longer takes is replaced once. Throws CREDENTIALS_REFUSED,
   * QUOTA_EXCEEDED, PERMISSION_MISSING, CLOUD_REQUEST_FAILED and what the connection throws.
   */
  async call(type: Asked, request: ServiceRequest, signal: AbortSignal): Promise<CloudAnswer> {
    const { session } = this.#input;
    const token = await session.token(signal);
    let answer = await this.#send(type, request, token, signal);
    if (answer.status === 401) {
      session.drop(token);
      answer = await this.#send(type, request, await session.token(signal), signal);
    }
    if (answer.status < 300 || request.accept?.includes(answer.status)) return answer;
    const [path] = request.path.split('?');
    throw failureOf(`${type}: ${request.method} ${path}`, refusalOf(answer));
  }

  /** The body of an answer. Throws CLOUD_ANSWER_INVALID beside what `call` throws. */
  async read<T>(type: Asked, schema: z.ZodType<T>, request: ServiceRequest, signal: AbortSignal): Promise<T> {
    return narrow(schema, await this.call(type, request, signal), `${type}: ${request.path.split('?')[0]}`);
  }

  /** Every item of a list, read in pages. `plural` is the key in the answer. */
  async list<T extends { id: string }>(
    type: Asked,
    item: z.ZodType<T>,
    { path, plural, query = {} }: { path: string; plural: string; query?: Readonly<Record<string, string>> },
    signal: AbortSignal,
  ): Promise<T[]> {
    const items: T[] = [];
    let marker: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const search = new URLSearchParams({ ...query, ...(marker === undefined ? {} : { marker }) });
      const request = { method: 'GET', path: `${path}?${search}` } as const;
      const body = await this.read(type, z.record(z.string(), z.unknown()), request, signal);
      const found = z.array(item).safeParse(body[plural]);
      if (!found.success)
        throw infraError('CLOUD_ANSWER_INVALID', {
          subject: `${type}: ${path}`,
          detail: z.prettifyError(found.error),
        });
      items.push(...found.data);
      // What is said of the next page is an address as a proxy may not have it; only that there is one counts.
      marker = hasNext(body, plural) ? found.data.at(-1)?.id : undefined;
      if (marker === undefined) return items;
    }
    throw infraError('CLOUD_ANSWER_INVALID', {
      subject: `${type}: ${path}`,
      detail: 'the list does not end',
    });
  }

  async close(): Promise<void> {
    await this.#input.session.close();
    await Promise.all([...this.#connections.values()].map(async (connection) => await connection.close()));
    this.#connections.clear();
    await this.#input.identity.close();
  }

  async #send(
    type: Asked,
    request: ServiceRequest,
    { value, catalogue }: Token,
    signal: AbortSignal,
  ): Promise<CloudAnswer> {
    const connection = type === 'identity' ? this.#input.identity : this.#connection(type, catalogue);
    const headers = {
      'x-auth-token': value,
      ...(type === 'compute' ? { 'openstack-api-version': `compute ${COMPUTE_MICROVERSION}` } : {}),
      ...request.headers,
    };
    return await connection.send({ ...request, headers }, signal);
  }

  #connection(type: ServiceType, catalogue: Catalogue): CloudConnection {
    const { settings, keystone, connect } = this.#input;
    const url = endpointOf(type, catalogue, settings, keystone);
    const connection = this.#connections.get(url) ?? connect(url);
    this.#connections.set(url, connection);
    return connection;
  }
}

/** Throws CLOUD_ANSWER_INVALID. */
export function narrow<T>(schema: z.ZodType<T>, answer: CloudAnswer, subject: string): T {
  const read = schema.safeParse(answer.body);
  if (read.success) return read.data;
  throw infraError('CLOUD_ANSWER_INVALID', { subject, detail: z.prettifyError(read.error) });
}

const Links = z.array(z.object({ rel: z.string() }));

// Nova and Neutron: `servers_links` with rel `next`; Glance: `next`.
function hasNext(body: Readonly<Record<string, unknown>>, plural: string): boolean {
  if (typeof body.next === 'string') return true;
  return Links.safeParse(body[`${plural}_links`]).data?.some(({ rel }) => rel === 'next') ?? false;
}

/** The clock of the server that answered. */
export function cloudTimeOf(answer: CloudAnswer): Date | undefined {
  const date = new Date(answer.header('date') ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}
