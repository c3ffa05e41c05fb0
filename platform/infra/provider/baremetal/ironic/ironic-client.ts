import { z } from 'zod';
import { tryJson } from '../../../../../content/json.ts';
import { DEFAULT_RETRY, type RetryPolicy, retry, TryAgain } from '../../../../../content/remote/retry.ts';
import type { CloudConnection, CloudRequest } from '../../../connection/cloud-connection.ts';
import { infraError } from '../../../errors.ts';
import {
  ALLOCATION_FIELDS,
  Allocation,
  faultOf,
  NODE_DETAIL_FIELDS,
  NODE_FIELDS,
  Node,
  NodeDetail,
  NodeEvent,
  Port,
} from './ironic-records.ts';

export interface JsonPatch {
  readonly op: 'add' | 'remove' | 'replace';
  readonly path: string;
  readonly value?: unknown;
}

/** Since Xena (2021); allocations, configuration drives and network data in JSON are older. */
const API_VERSION = '1.72';
/** Yoga (2022). */
const HISTORY_VERSION = '1.78';
const MAX_EVENTS = 10;
const PAGE = 500;
const MAX_PAGES = 100;
// Power states are read every minute or so under the same lock.
const LOCKED: RetryPolicy = { ...DEFAULT_RETRY, tries: 8, firstPauseMs: 500, maxPauseMs: 5000 };

/**
 * The calls of Ironic that are needed, each narrowed. Undefined where Ironic knows no such thing. Throws
 * CREDENTIALS_REFUSED, CLOUD_PERMISSION_MISSING, CLOUD_ANSWER_INVALID, CLOUD_REQUEST_FAILED, and what CloudConnection throws.
 */
export class IronicClient {
  readonly #connection: CloudConnection;
  readonly #authorization: string | undefined;

  constructor(connection: CloudConnection, login: { username: string; password: string } | undefined) {
    this.#connection = connection;
    this.#authorization =
      login && `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
  }

  get host(): string {
    return this.#connection.host;
  }

  async node(ident: string, signal: AbortSignal): Promise<Node | undefined> {
    return await this.#get(`/v1/nodes/${encodeURIComponent(ident)}?fields=${NODE_FIELDS}`, Node, signal);
  }

  async nodeDetail(ident: string, signal: AbortSignal): Promise<NodeDetail | undefined> {
    return await this.#get(`/v1/nodes/${ident}?fields=${NODE_DETAIL_FIELDS}`, NodeDetail, signal);
  }

  /** What went wrong with a node lately, the last first; nothing where Ironic keeps no such record. */
  async history(node: string, signal: AbortSignal): Promise<readonly NodeEvent[]> {
    const path = `/v1/nodes/${node}/history?detail=true&sort_dir=desc&limit=${MAX_EVENTS}`;
    const answer = await this.#send({ method: 'GET', path }, signal, [404, 406], HISTORY_VERSION);
    if (answer.status !== 200) return [];
    return this.#narrow(z.object({ history: z.array(NodeEvent) }), answer.body, path).history;
  }

  /** All nodes for which the query holds, as `associated=false&provision_state=available`. */
  async nodes(query: string, signal: AbortSignal): Promise<readonly Node[]> {
    return await this.#list('nodes', Node, `${query}&fields=${NODE_FIELDS}`, signal);
  }

  async ports(node: string, signal: AbortSignal): Promise<readonly Port[]> {
    return await this.#list('ports', Port, `node=${node}&fields=uuid,address,pxe_enabled`, signal);
  }

  async createNode(body: object, signal: AbortSignal): Promise<void> {
    await this.#send({ method: 'POST', path: '/v1/nodes', body }, signal);
  }

  async createPort(body: object, signal: AbortSignal): Promise<void> {
    await this.#send({ method: 'POST', path: '/v1/ports', body }, signal);
  }

  async setTraits(node: string, traits: readonly string[], signal: AbortSignal): Promise<void> {
    await this.#send({ method: 'PUT', path: `/v1/nodes/${node}/traits`, body: { traits } }, signal);
  }

  async patchNode(node: string, patch: readonly JsonPatch[], signal: AbortSignal): Promise<void> {
    await this.#send({ method: 'PATCH', path: `/v1/nodes/${node}`, body: patch }, signal);
  }

  /** Asks for a change of the provision state, as `active` or `deleted`. */
  async provision(node: string, body: { target: string; configdrive?: object }, signal: AbortSignal) {
    await this.#send({ method: 'PUT', path: `/v1/nodes/${node}/states/provision`, body }, signal);
  }

  async power(node: string, target: 'power on' | 'power off', signal: AbortSignal): Promise<void> {
    await this.#send({ method: 'PUT', path: `/v1/nodes/${node}/states/power`, body: { target } }, signal);
  }

  async allocation(id: string, signal: AbortSignal): Promise<Allocation | undefined> {
    return await this.#get(`/v1/allocations/${id}?fields=${ALLOCATION_FIELDS}`, Allocation, signal);
  }

  async allocations(signal: AbortSignal): Promise<readonly Allocation[]> {
    return await this.#list('allocations', Allocation, `fields=${ALLOCATION_FIELDS}`, signal);
  }

  /** Asks for a node; an allocation of that UUID that is there already is no error. */
  async allocate(body: { uuid: string } & Record<string, unknown>, signal: AbortSignal): Promise<void> {
    // Its UUID makes that the second of two is refused.
    await this.#send({ method: 'POST', path: '/v1/allocations', body, repeatable: true }, signal, [409]);
  }

  /** One that is gone is no error. */
  async deallocate(id: string, signal: AbortSignal): Promise<void> {
    await this.#send({ method: 'DELETE', path: `/v1/allocations/${id}` }, signal, [404]);
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  async #get<T>(path: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<T | undefined> {
    const { status, body } = await this.#send({ method: 'GET', path }, signal, [404]);
    return status === 404 ? undefined : this.#narrow(schema, body, path);
  }

  async #list<T extends { uuid: string }>(
    plural: string,
    schema: z.ZodType<T>,
    query: string,
    signal: AbortSignal,
  ): Promise<readonly T[]> {
    const found: T[] = [];
    for (let page = 0; page < MAX_PAGES; page++) {
      const last = found.at(-1);
      const path = `/v1/${plural}?${query}&limit=${PAGE}${last === undefined ? '' : `&marker=${last.uuid}`}`;
      const { body } = await this.#send({ method: 'GET', path }, signal);
      const items = this.#narrow(z.object({ [plural]: z.array(schema) }), body, path)[plural] ?? [];
      found.push(...items);
      // A site may allow fewer on a page than are asked for.
      if (items.length === 0 || !hasNext(body)) return found;
    }
    throw infraError('CLOUD_ANSWER_INVALID', {
      subject: this.host,
      detail: `more than ${found.length} ${plural}`,
    });
  }

  async #send(
    request: CloudRequest,
    signal: AbortSignal,
    allowed: readonly number[] = [],
    version = API_VERSION,
  ) {
    const headers = { 'x-openstack-ironic-api-version': version, authorization: this.#authorization };
    return await retry(LOCKED, signal, async () => {
      const answer = await this.#connection.send({ ...request, headers }, signal);
      const fault = faultOf(answer.body, tryJson)?.slice(0, 500);
      const isLocked = answer.status === 409 && /is locked by host/.test(fault ?? '');
      // As a database that is busy makes them; what was to change may have changed.
      const isTorn = answer.status === 500 && ['GET', 'PATCH'].includes(request.method);
      if (isLocked || isTorn) throw new TryAgain(this.#failure(request, answer.status, fault));
      if (answer.status < 300 || allowed.includes(answer.status)) return answer;
      throw this.#failure(request, answer.status, fault);
    });
  }

  #failure({ method, path }: CloudRequest, status: number, fault: string | undefined) {
    const detail = `${method} ${path.split('?')[0]}: ${status} ${fault ?? ''}`.trim();
    const code =
      status === 401
        ? 'CREDENTIALS_REFUSED'
        : status === 403
          ? 'CLOUD_PERMISSION_MISSING'
          : status === 406
            ? 'CLOUD_ANSWER_INVALID'
            : 'CLOUD_REQUEST_FAILED';
    return infraError(code, { subject: this.host, detail });
  }

  #narrow<T>(schema: z.ZodType<T>, body: unknown, path: string): T {
    const { data } = schema.safeParse(body);
    if (data !== undefined) return data;
    const detail = `GET ${path.split('?')[0]} is not what Ironic answers`;
    throw infraError('CLOUD_ANSWER_INVALID', { subject: this.host, detail });
  }
}

function hasNext(body: unknown): boolean {
  return z.object({ next: z.string() }).safeParse(body).success;
}
