import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Agent, request as send } from 'undici';
import type { ApiServer } from '../client/api-server.ts';
import type { Access, KubeClient } from '../client/client.ts';
import { createKubeClient } from '../client/kube.ts';
import { createTransport } from '../client/transport.ts';
import type { Clock } from '../clock.ts';
import { isJsonObject, textAt } from '../json.ts';
import { describeObject, formatId, groupOf, type KubeObject, narrowObject } from '../object.ts';
import { discover, type Kind, servedKinds } from './kinds.ts';
import { Objects, Refusal } from './objects.ts';
import { matches } from './selectors.ts';

/** What goes wrong with the next calls that fit. */
export interface Fault {
  readonly method?: string | undefined;
  readonly path: RegExp;
  /** How many calls; 1 when absent. */
  readonly times?: number | undefined;
  /** `hang` never answers; `cut` ends the connection before the call has any effect, `cut-after` when it has had it. */
  readonly how:
    | 'hang'
    | 'cut'
    | 'cut-after'
    | { readonly status: number; readonly message?: string | undefined };
}

/**
 * A Kubernetes API server for tests: real HTTP on loopback, objects in memory, and faults on demand. It knows what an
 * installer meets of the API; nothing runs in its cluster, so a test's `objects.controller` plays what does.
 */
export class ScriptedApiServer {
  readonly objects = new Objects();
  /** What the user may not do. */
  denied: (access: Access) => boolean = () => false;
  gitVersion = 'v1.34.4';
  /** By `namespace/pod/container`, or with `/previous` behind it. */
  readonly logs = new Map<string, string>();
  /** Paths whose requests are passed on, as those to Services are, and to where. */
  readonly proxies = new Map<string, string>();
  /** `METHOD /path`, in the order of the calls. */
  readonly calls: string[] = [];
  /** Called at each call, before it has any effect. */
  onCall: () => void = () => {};
  readonly #faults: { fault: Fault; left: number }[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<ServerResponse>();

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(): Promise<ScriptedApiServer> {
    const scripted = new ScriptedApiServer();
    await new Promise<void>((resolve) => scripted.#server.listen(0, '127.0.0.1', resolve));
    return scripted;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  /** It lets everybody in. */
  get apiServer(): ApiServer {
    return {
      url: this.url,
      authenticate: async () => ({ headers: {}, connect: async () => new Agent() }),
    };
  }

  /** The real client, with retries that don't wait. */
  client(clock?: Clock): KubeClient {
    const impatient: Clock = {
      now: () => performance.now(),
      sleep: async (_, signal) => signal?.throwIfAborted(),
    };
    return createKubeClient(createTransport(this.apiServer, { clock: clock ?? impatient }), {});
  }

  /** Puts objects into the cluster, and their namespaces, as somebody else would. */
  put(...objects: readonly KubeObject[]): void {
    for (const object of objects) {
      const { namespace } = object.metadata;
      if (namespace !== undefined && this.objects.find(`Namespace ${namespace}`) === undefined)
        this.objects.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
      this.objects.create(object);
    }
  }

  /** What there is, as `Kind.group namespace/name`, sorted. */
  names(): string[] {
    return this.objects.all().map(describeObject).sort();
  }

  fail(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times ?? 1 });
  }

  /** Takes all faults back. */
  mend(): void {
    this.#faults.length = 0;
  }

  async close(): Promise<void> {
    for (const response of this.#sockets) response.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://cluster');
    const method = request.method ?? '';
    this.calls.push(`${method} ${url.pathname}`);
    this.onCall();
    this.#sockets.add(response);
    response.once('close', () => this.#sockets.delete(response));
    const text = Buffer.concat(await Array.fromAsync(request)).toString();
    const fault = this.#faultFor(method, url.pathname);
    if (fault === 'hang') return;
    if (fault === 'cut') return void request.socket.destroy();
    try {
      if (typeof fault === 'object')
        throw new Refusal(fault.status, 'InternalError', fault.message ?? 'a scripted fault');
      const origin = this.#proxyFor(url);
      if (origin !== undefined) return await passOn(request, origin, response);
      const how = request.headers['content-type'] === 'application/merge-patch+json' ? 'MERGE' : method;
      const body = this.#handle(how, url, text === '' ? undefined : JSON.parse(text), response);
      if (fault === 'cut-after') return void request.socket.destroy();
      if (body !== undefined) reply(response, 200, body);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { status, reason, message } = error;
      reply(response, status, {
        kind: 'Status',
        apiVersion: 'v1',
        status: 'Failure',
        message,
        reason,
        code: status,
      });
    }
  }

  #proxyFor({ pathname, search }: URL): string | undefined {
    const prefix = [...this.proxies.keys()].find((path) => pathname.startsWith(`${path}/`));
    return prefix && `${this.proxies.get(prefix)}${pathname.slice(prefix.length)}${search}`;
  }

  #faultFor(method: string, path: string): Fault['how'] | undefined {
    const found = this.#faults.find(
      ({ fault, left }) => left > 0 && (fault.method ?? method) === method && fault.path.test(path),
    );
    if (found === undefined) return undefined;
    found.left--;
    return found.fault.how;
  }

  /** The answer; undefined where it is given bit by bit. */
  #handle(method: string, url: URL, body: unknown, response: ServerResponse): unknown {
    if (url.pathname === '/version') return { gitVersion: this.gitVersion, platform: 'linux/amd64' };
    if (url.pathname.endsWith('/selfsubjectaccessreviews')) return this.#review(body);
    const kinds = servedKinds(this.objects.all());
    const discovered = method === 'GET' ? discover(url.pathname, kinds) : undefined;
    if (discovered !== undefined) return discovered;
    const target = parsePath(url.pathname, kinds);
    if (target === undefined) throw new Refusal(404, '', 'the server could not find the requested resource');
    this.#authorize(method, target);
    if (target.subresource === 'log') return this.#log(target, url.searchParams);
    if (target.name === undefined && method === 'GET') {
      return url.searchParams.get('watch') === 'true'
        ? this.#watch(target, url.searchParams, response)
        : this.#list(target, url.searchParams);
    }
    return this.#one(method, target, url.searchParams, body);
  }

  #log({ namespace, name }: Target, query: URLSearchParams): string {
    const previous = query.get('previous') === 'true' ? '/previous' : '';
    const text = this.logs.get(`${namespace}/${name}/${query.get('container')}${previous}`);
    if (text === undefined) throw new Refusal(404, 'NotFound', 'no logs');
    return text;
  }

  #one(method: string, target: Target, query: URLSearchParams, body: unknown): unknown {
    const id = formatId({
      group: groupOf(target.kind.apiVersion),
      kind: target.kind.kind,
      namespace: target.namespace,
      name: target.name ?? '',
    });
    if (method === 'GET') {
      const found = this.objects.find(id);
      if (found === undefined) throw new Refusal(404, 'NotFound', `${id} not found`);
      return inVersion(found, target);
    }
    if (method === 'DELETE') {
      const uid = textAt(body, 'preconditions', 'uid');
      const resourceVersion = textAt(body, 'preconditions', 'resourceVersion');
      this.objects.delete(id, { uid, resourceVersion });
      return { kind: 'Status', status: 'Success' };
    }
    if (method === 'MERGE') return this.objects.patch(id, body);
    const object = placed(body, target);
    if (query.get('dryRun') === 'All') return object;
    if (method === 'POST') return this.objects.create(object);
    if (method === 'PUT') return this.objects.replace(object);
    return this.objects.apply(object, query.get('fieldManager') ?? '');
  }

  #select(target: Target, query: URLSearchParams): (object: KubeObject) => boolean {
    const labels = query.get('labelSelector') ?? '';
    const fields = query.get('fieldSelector') ?? '';
    return (object) =>
      object.kind === target.kind.kind &&
      groupOf(object.apiVersion) === groupOf(target.kind.apiVersion) &&
      (target.namespace === undefined || object.metadata.namespace === target.namespace) &&
      matches(object, labels, fields);
  }

  #list(target: Target, query: URLSearchParams): unknown {
    const all = this.objects.all().filter(this.#select(target, query));
    const start = Number(query.get('continue') ?? 0);
    const end = start + Number(query.get('limit') ?? all.length);
    const metadata = {
      resourceVersion: this.objects.version,
      ...(end < all.length ? { continue: String(end) } : {}),
    };
    return {
      kind: `${target.kind.kind}List`,
      metadata,
      items: all.slice(start, end).map((object) => inVersion(object, target)),
    };
  }

  #watch(target: Target, query: URLSearchParams, response: ServerResponse): undefined {
    // What has gone between the list and now would be missed; the real server has a history for that.
    if (query.get('resourceVersion') !== this.objects.version) throw new Refusal(410, 'Expired', 'too old');
    const isMeant = this.#select(target, query);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const write = (type: string, object: KubeObject) =>
      response.write(`${JSON.stringify({ type, object })}\n`);
    const stop = this.objects.watch(({ type, object }) => isMeant(object) && write(type, object));
    response.once('close', stop);
    return undefined;
  }

  #authorize(method: string, { kind, name, namespace }: Target): void {
    const verbs = { POST: 'create', PUT: 'update', PATCH: 'patch', MERGE: 'patch', DELETE: 'delete' };
    const verb =
      Object.entries(verbs).find(([key]) => key === method)?.[1] ?? (name === undefined ? 'list' : 'get');
    const access = { verb, group: groupOf(kind.apiVersion), resource: kind.plural, namespace, name };
    if (this.denied(access))
      throw new Refusal(403, 'Forbidden', `${kind.plural} is forbidden: User "user" cannot ${verb} resource`);
  }

  #review(body: unknown): unknown {
    const spec = isJsonObject(body) && isJsonObject(body.spec) ? body.spec.resourceAttributes : undefined;
    const sub = textAt(spec, 'subresource');
    const resource = textAt(spec, 'resource') ?? '';
    const access: Access = {
      verb: textAt(spec, 'verb') ?? '',
      group: textAt(spec, 'group') ?? '',
      resource: sub === undefined ? resource : `${resource}/${sub}`,
      namespace: textAt(spec, 'namespace'),
      name: textAt(spec, 'name'),
    };
    return { kind: 'SelfSubjectAccessReview', status: { allowed: !this.denied(access) } };
  }
}

interface Target {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

function parsePath(path: string, kinds: readonly Kind[]): Target | undefined {
  const match =
    /^\/(?:api|apis\/(?<group>[^/]+))\/(?<version>[^/]+)(?:\/namespaces\/(?<namespace>[^/]+)(?=\/))?\/(?<plural>[^/]+)(?:\/(?<name>[^/]+))?(?:\/(?<subresource>[^/]+))?$/.exec(
      path,
    )?.groups;
  const find = (plural: string | undefined) => {
    const apiVersion = match?.group === undefined ? match?.version : `${match.group}/${match.version}`;
    return kinds.find((kind) => kind.plural === plural && kind.apiVersion === apiVersion);
  };
  const kind = find(match?.plural);
  if (kind === undefined || match === undefined) return undefined;
  return { kind, namespace: match.namespace, name: match.name, subresource: match.subresource };
}

/** Objects come in the version that they are asked for in. */
function inVersion(object: KubeObject, { kind: { apiVersion } }: Target): KubeObject {
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion };
}

function placed(body: unknown, { kind, namespace }: Target): KubeObject {
  const narrowed = narrowObject(body);
  if ('problem' in narrowed) throw new Refusal(422, 'Invalid', narrowed.problem);
  const { object } = narrowed;
  if (!kind.namespaced) return object;
  return { ...object, metadata: { ...object.metadata, namespace: object.metadata.namespace ?? namespace } };
}

async function passOn(request: IncomingMessage, url: string, response: ServerResponse): Promise<void> {
  const { host: _, connection: __, ...headers } = request.headers;
  const answer = await send(url, { method: request.method === 'HEAD' ? 'HEAD' : 'GET', headers });
  response.writeHead(answer.statusCode, answer.headers);
  response.end(Buffer.from(await answer.body.arrayBuffer()));
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  // A log is a text; everything else is an object.
  response.writeHead(status, {
    'content-type': typeof body === 'string' ? 'text/plain' : 'application/json',
  });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}
