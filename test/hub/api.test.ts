import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { mapLimited } from '../../content/limit.ts';
import { runCli } from '../../installer/cli.ts';
import { clientTerminal } from '../../installer/terminal/client-terminal.ts';
import { API_VERSION, PROJECT_LABEL } from '../../platform/api/group.ts';
import { clientCommands } from '../../platform/client/commands.ts';
import { readEvents, type StreamEvent } from '../../platform/client/connection/event-stream.ts';
import { PlanAnswer } from '../../platform/hub/plan/plan-routes.ts';
import {
  type AskedRoute,
  addressOf,
  allowedBy,
  bodyOf,
  EVERYONE,
  ROLES,
  typeOf,
  type Who,
} from '../../platform/hub/testing/route-access.ts';
import { type HubSite, type SiteHub, startHubSite } from './hub-site.ts';

const PROJECT = 'shop';
const KEY = `SHA256:${'k'.repeat(43)}`;
const Fault = z.looseObject({ pointer: z.string(), code: z.string(), within: z.string().optional() });
const Answer = z.looseObject({
  code: z.string().optional(),
  name: z.string().optional(),
  version: z.string().optional(),
  errors: z.array(Fault).optional(),
  warnings: z.array(Fault).optional(),
});
const List = z.looseObject({
  items: z.array(z.looseObject({ name: z.string(), project: z.string() })),
  total: z.number(),
  states: z.record(z.string(), z.number()).optional(),
  continue: z.string().optional(),
});
const Data = z.object({ kind: z.string(), object: z.looseObject({ name: z.string() }) });
const Document = z.looseObject({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.looseObject({
        requestBody: z
          .looseObject({
            content: z.record(
              z.string(),
              z.looseObject({ schema: z.looseObject({ $ref: z.string().optional() }) }),
            ),
          })
          .optional(),
      }),
    ),
  ),
});

describe('the API of the hub, on a real API server', () => {
  let site: HubSite;
  let hub: SiteHub;
  let ca: string;
  const tokens = new Map<Who, string>();

  before(
    async () => {
      site = await startHubSite('hubapi');
      hub = await site.startHub();
      ca = await site.ca();
      for (const role of ROLES) tokens.set(role, await site.user(role, `skerry-${role}`));
      tokens.set('stranger', await site.user('stranger'));
      for (const name of [PROJECT, 'doomed']) await putProject(name);
    },
    { timeout: 400_000 },
  );
  after(async () => {
    await hub?.stop();
    await site?.stop();
  });

  async function putProject(name: string): Promise<void> {
    const metadata = { name, labels: { [PROJECT_LABEL]: 'true' } };
    await site.client.create({ apiVersion: 'v1', kind: 'Namespace', metadata });
  }

  interface Asking {
    readonly method?: string;
    readonly who?: Who;
    readonly body?: unknown;
    readonly headers?: Readonly<Record<string, string>>;
  }

  async function open(path: string, { method = 'GET', who = 'admin', body, headers }: Asking = {}) {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const token = tokens.get(who);
    const sent = request(new URL(path, hub.url), {
      method,
      ca,
      agent: false,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': typeOf(method) }),
        ...headers,
      },
    });
    sent.on('response', resolve).on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    return await promise;
  }

  async function ask(path: string, asking: Asking = {}) {
    const response = await open(path, asking);
    const said = await text(response);
    const isJson = /json/.test(String(response.headers['content-type']));
    return { status: response.statusCode ?? 0, body: isJson ? JSON.parse(said) : undefined, said };
  }

  const answer = async (path: string, asking: Asking = {}) =>
    Answer.parse((await ask(path, asking)).body ?? {});
  const at = (rest: string) => `/api/v1/projects/${PROJECT}/${rest}`;
  const faults = (found: readonly z.infer<typeof Fault>[] | undefined) =>
    (found ?? []).map(({ code, pointer }) => `${code} ${pointer}`);

  test('lets each role in at each route of its own document, or refuses it, as the table says', {
    timeout: 300_000,
  }, async () => {
    const routes = routesOf(Document.parse((await ask('/openapi.json')).body));
    for (const route of routes) {
      for (const who of EVERYONE) await askAs(who, route);
      // The limit of requests is not what is tried here.
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    process.stdout.write(`# ${routes.length} routes, each asked by ${EVERYONE.length}\n`);
  });

  async function askAs(who: Who, route: DocumentedRoute): Promise<void> {
    const { method, path, hasBody } = route;
    // What is deleted is another project than the one that is used.
    const project = method === 'DELETE' && path.endsWith('{project}') ? 'doomed' : PROJECT;
    const { status, body } = await ask(addressOf(route, project), {
      method,
      who,
      ...(hasBody ? { body: bodyOf(route) } : {}),
      ...(method === 'PUT' ? { headers: { 'if-match': '*' } } : {}),
    });
    const code = Answer.safeParse(body).data?.code ?? 'OK';
    const label = `${who}: ${method} ${path} answered ${status} ${code}`;
    // Who asks there is about to sign in.
    if (path.startsWith('/auth/') && who === 'anonymous') assert.notEqual(code, 'HUB_FAILED', label);
    else if (!allowedBy(route).includes(who))
      assert.equal(code, who === 'anonymous' ? 'UNAUTHENTICATED' : 'ACCESS_DENIED', label);
    else
      assert.ok(!['UNAUTHENTICATED', 'ACCESS_DENIED', 'HUB_FAILED', 'ROUTE_NOT_FOUND'].includes(code), label);
  }

  test('a dry run of a profile is the write but for its last step', async () => {
    const digest = site.digests.get('podinfo:1.0.0');
    const profile = (values: string, packs = [{ name: 'podinfo', version: '1.0.0', digest, values }]) => ({
      name: 'base-1.0.0',
      spec: { name: 'base', version: '1.0.0', packs },
    });
    for (const query of ['?dryRun=true', '']) {
      const { code, errors } = await answer(at(`clusterprofiles${query}`), {
        method: 'POST',
        body: profile('replicas: many'),
      });
      assert.equal(code, 'OBJECT_INVALID');
      assert.deepEqual(
        errors?.map(({ code, pointer, within }) => [code, pointer, within]),
        [['VALUES_INVALID', '/spec/packs/0/values', '/replicas']],
      );
    }
    // The rule of the definition itself, which only the API server knows.
    const misnamed = { ...profile('replicas: 1'), name: 'other' };
    assert.equal(
      (await answer(at('clusterprofiles?dryRun=true'), { method: 'POST', body: misnamed })).code,
      'OBJECT_INVALID',
    );
    const body = profile('replicas: 1');
    assert.equal((await ask(at('clusterprofiles?dryRun=true'), { method: 'POST', body })).status, 201);
    assert.equal((await answer(at('clusterprofiles/base-1.0.0'))).code, 'OBJECT_NOT_FOUND');
    assert.equal((await ask(at('clusterprofiles'), { method: 'POST', body })).status, 201);
  });

  test('a dry run of a cluster compiles it, and so does the write', async () => {
    const cluster = (variables: unknown) => ({
      name: 'one',
      spec: { agent: { key: KEY }, profiles: [{ name: 'base', version: '1.0.0', variables }] },
    });
    const wrong = cluster([{ name: 'color', value: 'red' }]);
    for (const query of ['?dryRun=true', '']) {
      const { errors } = await answer(at(`clusters${query}`), { method: 'POST', body: wrong });
      assert.deepEqual(faults(errors), ['VARIABLE_UNKNOWN /spec/profiles/0/variables/0/name']);
    }
    const early = { name: 'early', spec: { profiles: [{ name: 'base', version: '9.0.0' }] } };
    for (const query of ['?dryRun=true', '']) {
      const { warnings, code } = await answer(at(`clusters${query}`), { method: 'POST', body: early });
      assert.deepEqual([code, faults(warnings)], [undefined, ['PROFILE_NOT_FOUND /spec/profiles/0/version']]);
    }
    const made = await ask(at('clusters'), { method: 'POST', body: cluster(undefined) });
    assert.equal(made.status, 201);
  });

  test('a plan says what a profile would do to the clusters that have it, and nothing is written', async () => {
    await enrol('one');
    const plan = async (path: string, asking: Asking = {}) =>
      PlanAnswer.parse((await ask(at(path), asking)).body);
    const layers = ({ clusters }: z.infer<typeof PlanAnswer>) =>
      clusters.map(({ name, layers }) => [
        name,
        ...layers.map(({ name, change, detail = '' }) => `${change} ${name} ${detail}`.trim()),
      ]);
    await until(async () => layers(await plan('clusters/one/plan'))[0]?.[1] === 'none podinfo');
    const before = await versions();
    const packs = ['coredns', 'podinfo'].map((name) => ({
      name,
      version: '1.1.0',
      digest: site.digests.get(`${name}:1.1.0`),
      ...(name === 'podinfo' ? { values: 'replicas: 5' } : {}),
    }));
    const body = { name: 'base-1.1.0', spec: { name: 'base', version: '1.1.0', packs } };
    const next = await plan('clusterprofiles/base-1.1.0/plan', { method: 'POST', body });
    assert.deepEqual(layers(next), [
      ['early', 'add coredns 1.1.0', 'add podinfo 1.1.0'],
      ['one', 'add coredns 1.1.0', 'change podinfo 1.0.0 → 1.1.0, values'],
    ]);
    assert.equal(next.total, 2);
    const spec = { agent: { key: KEY }, profiles: [] };
    const emptied = await plan('clusters/one/plan', { method: 'POST', body: { spec } });
    assert.deepEqual(faults(emptied.clusters[0]?.errors), ['PROFILES_MISSING /spec/profiles']);
    assert.equal(
      (await answer(at('clusters/one/plan'), { method: 'POST', who: 'viewer', body: { spec } })).code,
      'ACCESS_DENIED',
    );
    assert.deepEqual(await versions(), before);
  });

  test('the command line judges files by the hub, and names the line', async () => {
    const file = join(site.folder, 'shop.yaml');
    const values = (replicas: string) => `apiVersion: ${API_VERSION}
kind: ClusterProfile
metadata: { name: base-2.0.0 }
spec:
  name: base
  version: 2.0.0
  packs:
    - name: podinfo
      version: 1.1.0
      digest: ${site.digests.get('podinfo:1.1.0')}
      values: |
        replicas: ${replicas}
`;
    const token = tokens.get('operator') ?? '';
    await writeFile(join(site.folder, 'ca.crt'), ca);
    const login = await run(
      ['login', hub.url, '--ca', join(site.folder, 'ca.crt'), '--token-stdin'],
      `${token}\n`,
    );
    assert.equal(login.code, 0, login.stderr);
    await writeFile(file, values('none'));
    const refused = await run(['apply', '-f', file, '--dry-run']);
    assert.equal(refused.code, 2, refused.stderr);
    assert.match(refused.stderr, /shop\.yaml:12:9: .*VALUES_INVALID/);
    await writeFile(file, values('3'));
    const planned = await run(['apply', '-f', file, '--plan']);
    assert.equal(planned.code, 0, planned.stderr);
    assert.match(planned.stdout, /ClusterProfile shop\/base-2\.0\.0 created \(dry run\)/);
    assert.match(planned.stdout, /^one +podinfo +change +1\.0\.0 → 1\.1\.0, values +now$/m);
    assert.equal((await answer(at('clusterprofiles/base-2.0.0'))).code, 'OBJECT_NOT_FOUND');
    const same = await run(['cluster', 'plan', 'one']);
    assert.match(same.stdout, /nothing changes in one/);
  });

  test('one stream tells what kubectl does too, and goes on with another hub', {
    timeout: 120_000,
  }, async () => {
    const first = await open('/api/v1/watch?kinds=clusters,clusterprofiles', { who: 'viewer' });
    const events = readEvents(first);
    const snapshot = await untilEvent(events, ({ event }) => event === 'synced');
    assert.deepEqual(namesOf(snapshot, 'clusters'), ['early', 'one']);
    assert.ok(namesOf(snapshot, 'clusterprofiles').includes('base-1.0.0'));
    await label('one', 'x');
    const changed = await untilEvent(events, ({ event }) => event === 'put');
    const { id } = changed.at(-1) ?? {};
    assert.ok(id);
    await label('early', 'x');
    await untilEvent(events, (event) => namesOf([event], 'clusters').includes('early'));
    first.destroy();
    const other = await site.startHub({ agents: false });
    const mine = hub;
    try {
      hub = other;
      await until(async () => (await ask('/readyz')).status === 200);
      const again = await open('/api/v1/watch?kinds=clusters,clusterprofiles', {
        who: 'viewer',
        headers: { 'last-event-id': id },
      });
      // This hub began after those changes: what it did not see itself, it does not make up.
      assert.equal(again.statusCode, 410);
      again.destroy();
    } finally {
      hub = mine;
      await other.stop();
    }
    const resumed = await open('/api/v1/watch?kinds=clusters,clusterprofiles', {
      who: 'viewer',
      headers: { 'last-event-id': id },
    });
    const missed = await untilEvent(readEvents(resumed), ({ event }) => event === 'synced');
    assert.ok(namesOf(missed, 'clusters').includes('early'));
    resumed.destroy();
  });

  test('a thousand clusters are found, put in order and reported', { timeout: 400_000 }, async () => {
    await putProject('many');
    const names = Array.from({ length: 1000 }, (_, index) => `c-${String(index).padStart(4, '0')}`);
    await mapLimited(names, 16, async (name) => {
      const metadata = { name, namespace: 'many', labels: { site: name.endsWith('7') ? 'north' : 'south' } };
      await site.client.create({ apiVersion: API_VERSION, kind: 'Cluster', metadata, spec: {} });
    });
    const list = async (query: string) =>
      List.parse((await ask(`/api/v1/clusters?${query}`, { who: 'viewer' })).body);
    await until(async () => (await list('limit=1')).total >= 1002);
    const start = process.cpuUsage();
    const began = performance.now();
    const rounds = 20;
    for (let round = 0; round < rounds; round++) {
      const found = await list('filter=north%20c-&sort=-name&limit=50');
      assert.deepEqual([found.total, found.items[0]?.name], [100, 'c-0997']);
    }
    const { user, system } = process.cpuUsage(start);
    const cpu = (user + system) / 1000 / rounds;
    process.stdout.write(
      `# filter of 1,002 clusters: ${cpu.toFixed(1)} ms of CPU (hub, client and TLS), ${((performance.now() - began) / rounds).toFixed(1)} ms\n`,
    );
    assert.ok(cpu < 100, `${cpu} ms`);
    const pages: string[] = [];
    let next: string | undefined;
    do {
      const page = await list(`limit=300&sort=name${next === undefined ? '' : `&continue=${next}`}`);
      pages.push(...page.items.map(({ name }) => name));
      next = page.continue;
    } while (next !== undefined);
    assert.equal(new Set(pages).size, pages.length);
    assert.equal(pages.length, 1002);
    const response = await open('/api/v1/watch?kinds=clusters', { who: 'viewer' });
    const reported = await untilEvent(readEvents(response), ({ event }) => event === 'synced');
    assert.equal(reported.filter(({ event }) => event === 'put').length, 1002);
    response.destroy();
  });

  /** As its agent would have it: what it is, and that it was accepted. */
  async function enrol(name: string): Promise<void> {
    const reference = { apiVersion: API_VERSION, kind: 'Cluster', metadata: { name, namespace: PROJECT } };
    await until(async () => {
      const found = await site.client.get(reference);
      assert.ok(found);
      const status = { phase: 'Enrolling', id: `uid-${name}`, sealingKey: { kty: 'EC' } };
      return await site.client.replace({ ...found, status }, { subresource: 'status' }).then(
        () => true,
        () => false,
      );
    });
  }

  async function versions(): Promise<string[]> {
    const found = ['clusters', 'clusterprofiles', 'clusterrevisions'].map(async (kind) => {
      const { body } = await ask(at(kind));
      const { items } = z
        .looseObject({ items: z.array(z.looseObject({ name: z.string(), generation: z.number() })) })
        .parse(body);
      return items.map(({ name, generation }) => `${kind} ${name} ${generation}`);
    });
    return (await Promise.all(found)).flat();
  }

  async function label(name: string, value: string): Promise<void> {
    await until(async () => {
      const found = await site.client.get({
        apiVersion: API_VERSION,
        kind: 'Cluster',
        metadata: { name, namespace: PROJECT },
      });
      assert.ok(found);
      const metadata = { ...found.metadata, labels: { ...found.metadata.labels, changed: value } };
      return await site.client.replace({ ...found, metadata }).then(
        () => true,
        () => false,
      );
    });
  }

  async function run(args: readonly string[], input = '') {
    const [stdout, stderr] = [collector(), collector()];
    const stdin = new PassThrough();
    stdin.end(input);
    const env = { XDG_CONFIG_HOME: site.folder, XDG_STATE_HOME: site.folder, SKERRY_PROJECT: PROJECT };
    const console = { stdout, stderr, stdin, env };
    const before = process.exitCode;
    const exit = await runCli(args, console, clientCommands(clientTerminal(console)));
    const code = exit || Number(process.exitCode ?? 0);
    process.exitCode = before;
    return { code, stdout: stdout.text(), stderr: stderr.text() };
  }
});

interface DocumentedRoute extends AskedRoute {
  readonly hasBody: boolean;
}

function routesOf({ paths }: z.infer<typeof Document>): DocumentedRoute[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { requestBody }]) => {
      const [content] = Object.values(requestBody?.content ?? {});
      const takes = content?.schema.$ref?.split('/').at(-1);
      return { method: method.toUpperCase(), path, takes, hasBody: requestBody !== undefined };
    }),
  );
}

function collector() {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write: (chunk, _, done) => {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return Object.assign(stream, { text: () => Buffer.concat(chunks).toString() });
}

async function untilEvent(
  events: AsyncGenerator<StreamEvent, void, undefined>,
  isLast: (event: StreamEvent) => boolean,
): Promise<StreamEvent[]> {
  const seen: StreamEvent[] = [];
  for (;;) {
    const { value, done } = await events.next();
    assert.ok(done !== true, 'the stream ended');
    seen.push(value);
    if (isLast(value)) return seen;
  }
}

function namesOf(events: readonly StreamEvent[], kind: string): string[] {
  return events
    .filter(({ event }) => event === 'put')
    .map(({ data }) => Data.parse(JSON.parse(data)))
    .filter((data) => data.kind === kind)
    .map(({ object }) => object.name);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  while (!(await holds())) {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
