import assert from 'node:assert/strict';
import { createPublicKey, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../apply/clock.ts';
import { at, textAt } from '../../apply/json.ts';
import { ScriptedApiServer } from '../../apply/testing/api-server.ts';
import { digestOf } from '../../content/digest.ts';
import { isSkerryError } from '../../content/error.ts';
import { tryJson } from '../../content/json.ts';
import { openLayout } from '../../content/layout/layout.ts';
import { manifestOf } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import { openRemote } from '../../content/remote/store.ts';
import type { WritableStore } from '../../content/store.ts';
import { AGENT_INBOX, AGENT_OUTBOX } from '../../platform/agent/carry/agent-secrets.ts';
import { readFileSecret, writeFileSecret } from '../../platform/agent/carry/file-secret.ts';
import { importStick } from '../../platform/agent/carry/import-stick.ts';
import { startCarry } from '../../platform/agent/carry/start-carry.ts';
import { acceptEnvelope } from '../../platform/agent/exchange/accept.ts';
import type { Holder, Numbered } from '../../platform/agent/exchange/holder.ts';
import { IdentitySecret } from '../../platform/agent/identity/identity-secret.ts';
import { definitionOf } from '../../platform/api/custom-resource.ts';
import { kinds } from '../../platform/api/kinds.ts';
import { openAgentFile } from '../../platform/desired/carry/agent-file.ts';
import { readHubFile } from '../../platform/desired/carry/hub-file.ts';
import { openNamedRegistries } from '../../platform/desired/carry/named-registries.ts';
import { digestOf as digestOfSigned, sign } from '../../platform/desired/dsse.ts';
import { ENVELOPE_TYPE, type Envelope } from '../../platform/desired/envelope.ts';
import { appendEvent, markOf, NO_EVENT } from '../../platform/desired/events.ts';
import type { Signed } from '../../platform/desired/message.ts';
import { type AgentEvent, REPORT_TYPE, type Report } from '../../platform/desired/report.ts';
import { auditedEvents } from '../../platform/hub/audit/audited-events.ts';
import { startAudit } from '../../platform/hub/audit/cluster-audit.ts';
import { Authority } from '../../platform/hub/authority/authority.ts';
import { readCsrOf } from '../../platform/hub/authority/csr.ts';
import { exportCluster } from '../../platform/hub/carry/export-cluster.ts';
import { takeAgentFile } from '../../platform/hub/carry/take-agent-file.ts';
import { writeStick } from '../../platform/hub/carry/write-stick.ts';
import { Desk } from '../../platform/hub/door/desk.ts';
import type { AgentIdentity, Revision, StatusSink } from '../../platform/hub/door/ports.ts';
import { WatchedFleet } from '../../platform/hub/door/watched-fleet.ts';
import { enroll } from '../../platform/hub/enroll/enroll.ts';
import { hashToken, makeToken, writeToken } from '../../platform/hub/enroll/token.ts';
import { pushSamplePack } from '../../platform/hub/testing/sample-packs.ts';
import { watchAll } from '../../platform/hub/watched/testing/watch-all.ts';
import type { Watched } from '../../platform/hub/watched/watched.ts';
import { PROJECT } from '../install/product.ts';
import { serveRegistryOf } from '../registry/process.ts';

const PREFIX = 'skerry/packs';
const API_VERSION = 'skerry.dev/v1alpha1';

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 30_000; !(await isSo()); await sleep(10))
    assert.ok(performance.now() < end, `never came true: ${what}`);
}

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(joinPath(tmpdir(), 'skerry-fleet-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function openRegistry(t: TestContext): Promise<WritableStore> {
  const skerry: [string, string] = [process.execPath, joinPath(PROJECT, 'skerry.ts')];
  const registry = await serveRegistryOf(skerry, ['--store', await folderFor(t)]);
  const store = openRemote(`http://${registry.host}`);
  t.after(async () => {
    await store.close();
    await registry[Symbol.asyncDispose]();
  });
  return store;
}

async function pushImage(store: WritableStore, repository: string, layers: readonly string[]) {
  const push = async (mediaType: string, text: string) => {
    const bytes = Buffer.from(text);
    const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
    await store.writeBlob(repository, descriptor, async () => ReadableStream.from([bytes]));
    return descriptor;
  };
  const image = manifestOf(MediaType.manifest, {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    config: await push('application/vnd.oci.image.config.v1+json', JSON.stringify({ layers })),
    layers: await Promise.all(
      layers.map(async (layer) => await push('application/vnd.oci.image.layer.v1.tar', layer.repeat(5000))),
    ),
  });
  await store.writeManifest(repository, image.digest, image);
  return image.digest;
}

/** A pack with one image of these layers; what an envelope says of it. */
async function pushPack(store: WritableStore, version: string, layers: readonly string[]) {
  const image = await pushImage(store, 'docker.io/library/web', layers);
  const images = [{ reference: `web:${version}`, digest: image }];
  const { digest } = await pushSamplePack(store, PREFIX, { name: 'web', version, config: { images } });
  return { image, pack: { registry: 'platform', repository: `${PREFIX}/web`, version, digest } };
}

type Pack = Awaited<ReturnType<typeof pushPack>>['pack'];

/** A hub on a scripted API server: its real desk, authority, enrolling and audit. */
class Hub {
  readonly server: ScriptedApiServer;
  readonly watched: Watched;
  readonly fleet: WatchedFleet;
  readonly authority: Authority;
  readonly stop: AbortController;
  readonly reports = new Map<string, { number: number; digest: string; report: Report }>();
  readonly revisions = new Map<string, Revision & { readonly signed: Signed }>();

  constructor(server: ScriptedApiServer, authority: Authority, stop: AbortController) {
    this.server = server;
    this.authority = authority;
    this.stop = stop;
    this.watched = watchAll(server.client(), stop.signal);
    this.fleet = new WatchedFleet(this.watched.clusters);
  }

  static async start(t: TestContext): Promise<Hub> {
    const server = await ScriptedApiServer.start();
    const stop = new AbortController();
    t.after(async () => {
      stop.abort();
      await server.close();
    });
    const metadata = { name: 'authority', namespace: 'hub' };
    server.put(...kinds.map(definitionOf), { apiVersion: 'v1', kind: 'Secret', metadata });
    const options = { client: server.client(), ...metadata, now: () => new Date(), signal: stop.signal };
    const hub = new Hub(server, await Authority.open(options), stop);
    await hub.watched.listed;
    return hub;
  }

  /** A cluster that may join, and the token for it. */
  cluster(name: string): string {
    const token = makeToken('p', `join-${name}`);
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    this.server.put(
      { apiVersion: API_VERSION, kind: 'Cluster', metadata: { name, namespace: 'p' }, spec: {} },
      {
        apiVersion: API_VERSION,
        kind: 'Enrollment',
        metadata: { name: `join-${name}`, namespace: 'p' },
        spec: { cluster: name, tokenHash: hashToken(token), expiresAt },
      },
    );
    return writeToken(token);
  }

  /** As its user accepts the agent that asks. */
  async accept(name: string): Promise<void> {
    const object = this.object(name);
    const key = textAt(object, 'status', 'request', 'key');
    this.server.objects.replace({ ...object, spec: { agent: { key } } });
    await until('the key is accepted', () => this.fleet.cluster({ project: 'p', name })?.key === key);
  }

  object(name: string) {
    return this.server.objects.find(`Cluster.skerry.dev p/${name}`) ?? assert.fail(`no cluster ${name}`);
  }

  /** Makes an envelope, as compiling does. */
  envelope(name: string, number: number, packs: readonly Pack[]) {
    const id = textAt(this.object(name), 'status', 'id') ?? assert.fail('not enrolled');
    const envelope: Envelope = {
      version: 1,
      cluster: { project: 'p', name, id },
      number,
      issuedAt: new Date().toISOString(),
      layers: packs.map((pack) => ({
        name: 'web',
        namespace: 'web',
        profile: { name: 'web', version: '1.0.0' },
        pack,
        values: {},
        dependsOn: [],
        timeoutSeconds: 60,
        health: [],
        drift: { mode: 'correct' },
        onRemove: 'prune',
      })),
      remove: [],
      registries: [{ name: 'platform', address: 'registry.example' }],
      hub: this.authority.door(['https://hub.example']),
      paused: false,
    };
    const signed = this.authority.sign(ENVELOPE_TYPE, Buffer.from(JSON.stringify(envelope)));
    const revision = { number, digest: digestOfSigned(signed), signed };
    this.revisions.set(`p/${name}`, revision);
    this.server.put({
      apiVersion: API_VERSION,
      kind: 'ClusterRevision',
      metadata: { name: `${name}-${number}`, namespace: 'p' },
      spec: {
        cluster: name,
        number,
        digest: revision.digest,
        envelope: JSON.stringify(signed),
        cause: 'test',
      },
    });
    return revision;
  }

  options() {
    const client = this.server.client();
    const { signal } = this.stop;
    const audit = startAudit({
      ...{ client, namespace: 'hub', signal, clock: systemClock, now: () => new Date(), everyMs: 0 },
      log: () => undefined,
      onError: () => undefined,
    });
    const events = auditedEvents(audit);
    const keyOf = ({ project, name, key }: AgentIdentity) => `${project}/${name} ${key}`;
    const status: StatusSink = {
      seen: () => undefined,
      duplicated: () => undefined,
      reported: async (agent, report, digest) => {
        this.reports.set(keyOf(agent), { number: report.number, digest, report });
        const object = this.object(agent.name);
        const { number, state } = report.envelope;
        if (state !== 'complete') return;
        const applied = { number, digest: report.envelope.digest, at: report.at };
        const before = at(object, 'status');
        this.server.objects.replace({ ...object, status: { ...Object(before), phase: 'Ready', applied } });
      },
      lastReport: async (agent) => this.reports.get(keyOf(agent)),
    };
    const renew = async (agent: AgentIdentity, csr: string) => {
      const { project, name } = agent;
      const { publicKey } = await readCsrOf(agent, csr);
      const id = textAt(this.object(name), 'status', 'id') ?? '';
      return await this.authority.issueAgent(publicKey, { project, name, id });
    };
    const revisions = {
      current: async ({ project, name }: { project: string; name: string }) =>
        this.revisions.get(`${project}/${name}`),
      signed: async ({ project, name }: { project: string; name: string }) =>
        this.revisions.get(`${project}/${name}`)?.signed,
      adopt: async () => undefined,
    };
    const now = () => new Date();
    const keys = () => this.authority.keys;
    const desk = new Desk({ revisions, status, events, keys, renew, now, pingSeconds: 30 });
    const enrolling = {
      ...{ client, authority: this.authority, now, random: () => 0, signal },
      door: () => this.authority.door(['https://hub.example']),
      acceptedBy: (key: string) => this.fleet.byKey(key),
    };
    return {
      ...{ client, namespace: 'hub', desk, fleet: this.fleet, status, events, renew, now, audit },
      enroll: async (request: Parameters<typeof enroll>[1], from: string) =>
        await enroll(enrolling, request, from),
      sign: (type: string, bytes: Uint8Array) => this.authority.sign(type, bytes),
    };
  }

  async take(text: string, project = 'p') {
    return await takeAgentFile(tryJson(text), project, this.options(), this.stop.signal);
  }

  async export(stick: string, registry: WritableStore, names: readonly string[], all = false) {
    const exported = [];
    for (const name of names) {
      const answer = await exportCluster({ project: 'p', name }, this.options(), this.stop.signal);
      exported.push({ project: 'p', cluster: name, answer });
    }
    return await writeStick(exported, {
      ...{ folder: stick, hub: 'https://hub.example', storeOf: () => registry, all, now: new Date() },
      signal: this.stop.signal,
    });
  }
}

/** An agent in a scripted cluster: its real identity, session, outbox and inbox; what it applies is up to the test. */
class Agent implements Holder {
  readonly server: ScriptedApiServer;
  readonly identity: IdentitySecret;
  readonly stop: AbortController;
  readonly id = randomUUID();
  readonly answers: string[] = [];
  readonly errors: unknown[] = [];
  #held: Numbered | undefined;
  #report: Numbered | undefined;
  #events: AgentEvent[] = [];
  #last = NO_EVENT;
  readonly #listeners = new Set<() => void>();

  constructor(server: ScriptedApiServer, identity: IdentitySecret, stop: AbortController) {
    this.server = server;
    this.identity = identity;
    this.stop = stop;
  }

  static async start(t: TestContext, hub: Hub, token: string): Promise<Agent> {
    const server = await ScriptedApiServer.start();
    const stop = new AbortController();
    t.after(async () => {
      stop.abort();
      await server.close();
    });
    server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'agent' } });
    const client = server.client();
    const { signal } = stop;
    const agent = new Agent(server, await IdentitySecret.open({ client, namespace: 'agent', signal }), stop);
    void startCarry({
      ...{ client, namespace: 'agent', holder: agent, identity: agent.identity, agentVersion: '1.0.0' },
      ...{ id: agent.id, signal, clock: systemClock, now: () => new Date(), everyMs: 10 },
      installedKeys: hub.authority.door(['https://hub.example']).keys,
      token: async () => token,
      log: { warn: (fields) => void agent.errors.push('err' in fields ? fields.err : fields) },
    });
    await until('there is an outbox', async () => (await agent.outbox()) !== undefined);
    return agent;
  }

  held() {
    return this.#held;
  }

  async offer(signed: Numbered['signed']) {
    const { enrolled } = this.identity.current;
    const cluster = { project: enrolled?.project ?? '', name: enrolled?.cluster ?? '', id: this.id };
    const keys = (enrolled?.hub.keys ?? []).map((pem) => createPublicKey(pem));
    try {
      const { envelope, digest } = acceptEnvelope(signed, { keys, cluster, held: this.#held });
      this.#held = { number: envelope.number, digest, signed };
      this.answers.push(`accepted ${envelope.number}`);
      return { accepted: true } as const;
    } catch (error) {
      if (!isSkerryError(error)) throw error;
      this.answers.push(error.code);
      return { accepted: false, code: error.code } as const;
    }
  }

  report() {
    return this.#report;
  }

  events(after: number) {
    return this.#events.filter(({ number }) => number > after);
  }

  acknowledged({ eventNumber }: { eventNumber: number }) {
    this.#events = this.events(eventNumber);
  }

  onChange(listener: () => void) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** As the agent does once it has applied what it holds. */
  complete(): void {
    const { privateKey, key, enrolled } = this.identity.current;
    const number = (this.#report?.number ?? 0) + 1;
    const time = new Date().toISOString();
    const report: Report = {
      version: 1,
      cluster: { project: enrolled?.project ?? '', name: enrolled?.cluster ?? '', id: this.id },
      agentVersion: '1.0.0',
      number,
      at: time,
      envelope: {
        number: this.#held?.number ?? 0,
        digest: this.#held?.digest ?? '',
        state: 'complete',
        since: time,
      },
      layers: [],
      removed: [],
      drift: { count: 0, items: [] },
      kubernetes: 'v1.34.0',
      nodes: { ready: 1, total: 1, lost: [] },
      capacity: { cpu: 1, memoryBytes: 1, pods: 1 },
      certificates: [],
    };
    const signed = sign(REPORT_TYPE, Buffer.from(JSON.stringify(report)), privateKey, key);
    this.#report = { number, digest: digestOfSigned(signed), signed };
    const event = appendEvent(this.#last, {
      at: time,
      kind: 'applied',
      subject: `envelope ${this.#held?.number}`,
    });
    this.#events.push(event);
    this.#last = markOf(event);
    for (const listener of this.#listeners) listener();
  }

  async outbox(): Promise<string | undefined> {
    return await readFileSecret(this.server.client(), 'agent', AGENT_OUTBOX, { signal: this.stop.signal });
  }

  /** The outbox once it says this. */
  async outboxWith(isSo: (file: ReturnType<typeof openAgentFile>['file']) => boolean): Promise<string> {
    let text = '';
    await until('the outbox says so', async () => {
      text = (await this.outbox()) ?? '';
      return isSo(openAgentFile(text).file);
    });
    return text;
  }

  async import(folder: string, registry: WritableStore) {
    const { signal } = this.stop;
    const client = this.server.client();
    return await importStick({ folder, client, namespace: 'agent', storeOf: () => registry, signal });
  }
}

/** A cluster whose agent was let in by files alone. */
async function join(
  t: TestContext,
  hub: Hub,
  name: string,
  stick: string,
  registry: WritableStore,
): Promise<Agent> {
  const agent = await Agent.start(t, hub, hub.cluster(name));
  const asked = await agent.outboxWith(({ enroll: request }) => request !== undefined);
  assert.equal((await hub.take(asked)).enroll, 'waiting');
  await assert.rejects(hub.export(stick, registry, [name]), { code: 'KEY_NOT_ACCEPTED' });
  await hub.accept(name);
  await hub.export(stick, registry, [name]);
  await agent.import(stick, registry);
  await agent.outboxWith(({ cluster }) => cluster?.name === name);
  return agent;
}

const isReported = (number: number) => (file: ReturnType<typeof openAgentFile>['file']) =>
  file.messages.some((message) => message.kind === 'hello' && message.reportNumber === number);

suite('a fleet without a network', () => {
  test('an agent joins, is brought an envelope and content, and its report comes back', async (t) => {
    const [hub, stick] = [await Hub.start(t), await folderFor(t)];
    const [here, site] = [await openRegistry(t), await openRegistry(t)];
    const agent = await join(t, hub, 'one', stick, site);
    const first = await pushPack(here, '1.0.0', ['base', 'old']);
    hub.envelope('one', 1, [first.pack]);
    await hub.export(stick, here, ['one']);
    await agent.import(stick, site);
    await until('the envelope is held', () => agent.held()?.number === 1);
    assert.ok(await site.readManifest(first.pack.repository, first.pack.digest));
    assert.ok(await site.readManifest('docker.io/library/web', '1.0.0'));
    agent.complete();
    const report = await agent.outboxWith(isReported(1));
    const taken = await hub.take(report);
    assert.deepEqual(taken, { project: 'p', cluster: 'one', reportNumber: 1, eventNumber: 1, refused: [] });
    // Again, as a stick that is plugged in twice.
    assert.deepEqual(await hub.take(report), taken);
    const lines = (await hub.options().audit.pages()).flatMap(({ text }) => text.split('\n'));
    assert.equal(lines.filter((line) => line.includes('agent-applied')).length, 1);

    // The next one carries what is new and nothing else.
    const second = await pushPack(here, '1.1.0', ['base', 'new']);
    hub.envelope('one', 2, [second.pack]);
    const next = await folderFor(t);
    await hub.export(next, here, ['one']);
    const layout = await openLayout(joinPath(next, 'content'));
    const has = async (text: string) =>
      (await layout.statBlob('docker.io/library/web', digestOf(Buffer.from(text.repeat(5000))))) !==
      undefined;
    assert.deepEqual([await has('base'), await has('old'), await has('new')], [false, false, true]);
    const before = agent.identity.current.certificate;
    await agent.import(next, site);
    await until('the envelope is held', () => agent.held()?.number === 2);
    assert.ok(await site.statBlob('docker.io/library/web', digestOf(Buffer.from('new'.repeat(5000)))));
    assert.equal((await site.readManifest('docker.io/library/web', '1.1.0'))?.digest, second.image);
    assert.notEqual(agent.identity.current.certificate, undefined);
    assert.ok(before !== undefined);

    // What the agent knows to have arrived it need not say again; an old stick changes nothing.
    assert.deepEqual(agent.events(0), []);
    agent.complete();
    await agent.outboxWith(isReported(2));
    await assert.rejects(agent.import(stick, site), { code: 'STICK_OUTDATED' });
    assert.equal(agent.held()?.number, 2);
  });

  test('content that the site has lost is asked for, and all of it can be brought', async (t) => {
    const [hub, stick] = [await Hub.start(t), await folderFor(t)];
    const [here, site, empty] = [await openRegistry(t), await openRegistry(t), await openRegistry(t)];
    const agent = await join(t, hub, 'one', stick, site);
    hub.envelope('one', 1, [(await pushPack(here, '1.0.0', ['base', 'old'])).pack]);
    await hub.export(stick, here, ['one']);
    await agent.import(stick, site);
    await until('the envelope is held', () => agent.held()?.number === 1);
    agent.complete();
    await hub.take(await agent.outboxWith(isReported(1)));
    hub.envelope('one', 2, [(await pushPack(here, '1.1.0', ['base', 'new'])).pack]);
    await hub.export(stick, here, ['one']);
    const sparse = await folderFor(t);
    await hub.export(sparse, here, ['one']);
    await assert.rejects(agent.import(sparse, empty), { code: 'STICK_CONTENT_MISSING' });
    assert.equal(agent.held()?.number, 1);
    await hub.export(sparse, here, ['one'], true);
    await agent.import(sparse, empty);
    await until('the envelope is held', () => agent.held()?.number === 2);
  });

  test('one stick serves several clusters, and none that it was not made for', async (t) => {
    const [hub, stick] = [await Hub.start(t), await folderFor(t)];
    const [here, site] = [await openRegistry(t), await openRegistry(t)];
    const [one, two] = [await join(t, hub, 'one', stick, site), await join(t, hub, 'two', stick, site)];
    const other = await folderFor(t);
    const three = await join(t, hub, 'three', other, site);
    const { pack } = await pushPack(here, '1.0.0', ['base']);
    hub.envelope('one', 1, [pack]);
    hub.envelope('two', 1, [pack]);
    await hub.export(stick, here, ['one', 'two']);
    for (const agent of [one, two]) {
      await agent.import(stick, site);
      await until('the envelope is held', () => agent.held()?.number === 1);
    }
    await assert.rejects(three.import(stick, site), { code: 'STICK_FOREIGN' });
    // Put there by hand it is refused by the agent itself.
    const text = await readFile(joinPath(stick, 'clusters', 'p.one.json'), 'utf8');
    const call = { signal: three.stop.signal };
    const [client, namespace, name] = [three.server.client(), 'agent', AGENT_INBOX];
    await writeFileSecret(client, { namespace, name, text }, call);
    await until('it was refused', () =>
      three.errors.some((error) => isSkerryError(error, 'HUB_FILE_FOREIGN')),
    );
    const forged = text.replace(/"sig":"./, (found) => (found.endsWith('A') ? '"sig":"B' : '"sig":"A'));
    await writeFileSecret(client, { namespace, name, text: forged }, call);
    await until('it was refused', () =>
      three.errors.some((error) => isSkerryError(error, 'SIGNATURE_NOT_TRUSTED')),
    );
    assert.equal(three.held(), undefined);
  });

  test('a report that was changed, or comes from a stranger, changes nothing', async (t) => {
    const [hub, stick, site] = [await Hub.start(t), await folderFor(t), await openRegistry(t)];
    const agent = await join(t, hub, 'one', stick, site);
    hub.envelope('one', 1, []);
    agent.complete();
    const text = await agent.outboxWith(isReported(1));
    const flipped = JSON.parse(text);
    flipped.signatures[0].sig = `${flipped.signatures[0].sig.startsWith('A') ? 'B' : 'A'}${flipped.signatures[0].sig.slice(1)}`;
    await assert.rejects(hub.take(JSON.stringify(flipped)), { code: 'AGENT_FILE_FORGED' });
    await assert.rejects(hub.take('{}'), { code: 'AGENT_FILE_INVALID' });
    const stranger = await Agent.start(t, hub, hub.cluster('two'));
    await stranger.identity.keep({ enrolled: agent.identity.current.enrolled });
    stranger.complete();
    const strange = await stranger.outboxWith(isReported(1));
    await assert.rejects(hub.take(strange), { code: 'AGENT_FILE_FOREIGN' });
    await assert.rejects(hub.take(text, 'q'), { code: 'AGENT_FILE_FOREIGN' });
    assert.equal(hub.reports.size, 0);
    assert.equal((await hub.take(text)).reportNumber, 1);
  });

  test('where no agent is, and where no registry was named, it is said', async (t) => {
    const stick = await folderFor(t);
    const server = await ScriptedApiServer.start();
    t.after(() => server.close());
    const { signal } = new AbortController();
    const storeOf = () => assert.fail('nothing is copied');
    const nobody = importStick({
      folder: stick,
      client: server.client(),
      namespace: 'none',
      storeOf,
      signal,
    });
    await assert.rejects(nobody, { code: 'AGENT_NOT_FOUND' });
    const flags = { registry: [{ name: 'other', address: 'registry.example' }] };
    const registries = await openNamedRegistries(flags, {});
    assert.throws(() => registries.of('platform'), { code: 'CARRY_REGISTRY_UNNAMED' });
    await registries.close();
    await assert.rejects(openNamedRegistries({ ...flags, registryCa: '/nowhere' }, {}), {
      code: 'CARRY_OPTION_INVALID',
    });
    assert.throws(() => readHubFile('{}'), { code: 'HUB_FILE_INVALID' });
  });

  test('a stick that was not finished is none', async (t) => {
    const [hub, stick, site] = [await Hub.start(t), await folderFor(t), await openRegistry(t)];
    const agent = await join(t, hub, 'one', stick, site);
    await rm(joinPath(stick, 'fleet.json'));
    await assert.rejects(agent.import(stick, site), { code: 'STICK_INVALID' });
    await writeFile(
      joinPath(stick, 'fleet.json'),
      '{"version":1,"at":"","hub":"","clusters":[{"project":"..","cluster":"/etc"}]}',
    );
    await assert.rejects(agent.import(stick, site), { code: 'STICK_INVALID' });
  });
});
