import { generateKeyPairSync } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import type { KubeClient } from '../../apply/client/client.ts';
import { systemClock } from '../../apply/clock.ts';
import type { Helm } from '../../apply/helm/helm.ts';
import type { KubeObject } from '../../apply/object.ts';
import { createBundle } from '../../bundle/create.ts';
import { openBundle } from '../../bundle/file/bundle-store.ts';
import { generateKey, parseSigningKey } from '../../bundle/key.ts';
import type { LockedRelease } from '../../bundle/locked-release.ts';
import { isSkerryError } from '../../content/error.ts';
import { tryJson } from '../../content/json.ts';
import type { PackConfig } from '../../content/pack-format.ts';
import type { Store } from '../../content/store.ts';
import { Agent } from '../../platform/agent/agent.ts';
import { watchDrift } from '../../platform/agent/drift/watch-drift.ts';
import { acceptEnvelope } from '../../platform/agent/exchange/accept.ts';
import { type LayerEngine, layerEngine } from '../../platform/agent/layers/layer-engine.ts';
import { oneAtATime } from '../../platform/agent/layers/one-at-a-time.ts';
import { AgentHolder } from '../../platform/agent/state/agent-holder.ts';
import { heldEnvelope, writeHeldEnvelope } from '../../platform/agent/state/held-envelope.ts';
import { readJournal } from '../../platform/agent/state/journal.ts';
import { agentObjects } from '../../platform/desired/agent-objects.ts';
import { encode } from '../../platform/desired/canonical.ts';
import { sign } from '../../platform/desired/dsse.ts';
import { ENVELOPE_TYPE, type Envelope, type EnvelopeLayer } from '../../platform/desired/envelope.ts';
import { fingerprint } from '../../platform/desired/fingerprint.ts';
import type { Signed } from '../../platform/desired/message.ts';
import { readPack } from '../../platform/desired/pack.ts';
import { rulesOf } from '../../platform/desired/permissions.ts';
import { Report } from '../../platform/desired/report.ts';
import { readOnlyAccess } from '../../registry/access/access.ts';
import { type ServedRegistry, serveRegistry } from '../../registry/server/serve.ts';
import { testHelm } from '../charts/chart-release.ts';
import type { Cluster } from '../cluster/cluster.ts';

const AGENT_NAMESPACE = 'skerry-system';

/** The packs of a release, served by a registry of this machine. */
export interface PackSite {
  readonly release: LockedRelease;
  readonly store: Store;
  readonly registry: ServedRegistry;
  readonly folder: string;
  stop(): Promise<void>;
}

export async function servePacks(): Promise<PackSite> {
  const folder = await mkdtemp(join(tmpdir(), 'skerry-agent-'));
  await cp(join(import.meta.dirname, '../fixtures/agent-release'), folder, { recursive: true });
  const scratch = join(folder, 'scratch');
  await mkdir(scratch);
  const { release, path } = await createBundle(join(folder, 'release.yaml'), folder, {
    helm: await testHelm(scratch),
    key: parseSigningKey(generateKey().privatePem, 'a key of this test'),
    scratch,
    hostTools: async () => [],
  });
  const store = await openBundle(path);
  const listen = { host: '127.0.0.1', port: 0 };
  const registry = await serveRegistry({ store, access: readOnlyAccess, log: () => undefined, listen });
  return {
    release,
    store,
    registry,
    folder,
    stop: async () => {
      await registry.close();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What the packs say of themselves, in the release's order. */
export async function packConfigs({ release, store }: PackSite): Promise<PackConfig[]> {
  const { signal } = new AbortController();
  return await Promise.all(
    release.packs.map(async ({ artifact: { repository, digest } }) => {
      const manifest = await store.readManifest(repository, digest);
      if (manifest === undefined) throw new Error(`no ${repository}`);
      return (await readPack(store, repository, manifest, repository, signal)).config;
    }),
  );
}

/** The objects of an agent's manifest but its Deployment: it runs in the test. */
export function agentRights(packs: readonly PackConfig[]): KubeObject[] {
  return agentObjects({
    namespace: AGENT_NAMESPACE,
    image: 'none',
    urls: [],
    authorities: [],
    cluster: { project: 'sea', name: 'north' },
    rules: rulesOf(packs),
    version: '0.1.0',
  }).filter(({ kind }) => kind !== 'Deployment');
}

const Kubeconfig = z.looseObject({ users: z.array(z.looseObject({ user: z.unknown() })) });
const Token = z.object({ status: z.object({ token: z.string() }) });

/** A kubeconfig of the agent's service account. */
export async function agentKubeconfig(cluster: Pick<Cluster, 'api'>, admin: string): Promise<string> {
  const path = `/api/v1/namespaces/${AGENT_NAMESPACE}/serviceaccounts/skerry-agent/token`;
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  const answer = await cluster.api.request(path, { method: 'POST', body });
  const { token } = Token.parse(answer.body).status;
  const config = Kubeconfig.parse(parse(await readFile(admin, 'utf8')));
  for (const entry of config.users) entry.user = { token };
  const own = `${admin}.agent`;
  await writeFile(own, stringify(config), { mode: 0o600 });
  return own;
}

/** A hub's key, a cluster, and envelopes for it. */
export class TestHub {
  readonly #keys = generateKeyPairSync('ed25519');
  readonly #packs: PackSite;
  readonly cluster = { project: 'sea', name: 'north', id: 'an-id' };

  constructor(packs: PackSite) {
    this.#packs = packs;
  }

  get keys() {
    return [this.#keys.publicKey];
  }

  layer(name: string, more: Partial<EnvelopeLayer> = {}): EnvelopeLayer {
    const pack = this.#packs.release.packs.find((candidate) => candidate.name === name);
    if (pack === undefined) throw new Error(`no pack ${name}`);
    const { repository, digest } = pack.artifact;
    return {
      name,
      namespace: 'sea',
      profile: { name: 'sea', version: '1.0.0' },
      pack: { registry: 'platform', repository, version: pack.version, digest },
      values: {},
      dependsOn: [],
      timeoutSeconds: 60,
      health: [],
      drift: { mode: 'observe' },
      onRemove: 'prune',
      ...more,
    };
  }

  envelope(number: number, layers: readonly EnvelopeLayer[], more: Partial<Envelope> = {}): Signed {
    const envelope: Envelope = {
      version: 1,
      cluster: this.cluster,
      number,
      issuedAt: '2026-01-01T00:00:00Z',
      layers: [...layers],
      remove: [],
      registries: [{ name: 'platform', address: `http://127.0.0.1:${this.#packs.registry.port}` }],
      hub: { urls: ['https://hub.example'], authorities: ['none'], keys: ['none'] },
      paused: false,
      ...more,
    };
    return this.sign(ENVELOPE_TYPE, encode(envelope));
  }

  sign(type: string, bytes: Uint8Array): Signed {
    const { privateKey, publicKey } = this.#keys;
    return sign(type, bytes, privateKey, fingerprint(publicKey));
  }
}

export interface RunningAgent {
  readonly holder: AgentHolder;
  readonly engine: LayerEngine;
  /** Names of the layers that were applied since the start. */
  readonly applied: readonly string[];
  report(): Report | undefined;
  /** Until it is reported, and no longer than a minute and a half. */
  reported(what: string, is: (report: Report) => boolean): Promise<Report>;
  stop(): Promise<void>;
}

/** The agent's own parts over a real cluster, without a hub. */
export async function runAgent(
  { client, helm, scratch, hub }: { client: KubeClient; helm: Helm; scratch: string; hub: TestHub },
  { unseal = async () => ({}) }: { unseal?: (jwe: string) => Promise<unknown> } = {},
): Promise<RunningAgent> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const applied: string[] = [];
  const inner = layerEngine({ client, helm: oneAtATime(helm), scratch, namespace: AGENT_NAMESPACE, unseal });
  const engine: LayerEngine = {
    ...inner,
    apply: async (layer, options) => {
      applied.push(layer.name);
      await inner.apply(layer, options);
    },
  };
  const holder = await AgentHolder.open({
    client,
    namespace: AGENT_NAMESPACE,
    signal,
    now: () => new Date(),
    decide: (signed, held) => {
      try {
        acceptEnvelope(signed, { keys: hub.keys, cluster: hub.cluster, held });
        return { accepted: true };
      } catch (error) {
        if (!isSkerryError(error)) throw error;
        return { accepted: false, code: error.code, detail: error.detail };
      }
    },
  });
  let agent: Agent | undefined;
  const drift = watchDrift({
    client,
    layers: [],
    clock: systemClock,
    signal,
    onChange: (items) => agent?.drifted(items),
  });
  agent = new Agent({
    client,
    namespace: 'skerry-system',
    engine,
    holder,
    drift,
    cluster: () => hub.cluster,
    version: '0.1.0',
    sign: (type, bytes) => hub.sign(type, bytes),
    certificate: () => undefined,
    upgrade: async () => undefined,
    clock: systemClock,
    now: () => new Date(),
    log: { info: () => undefined, error: (error) => console.error(error) },
    signal,
  });
  const ended = agent.run();
  const report = () => {
    const signed = holder.report()?.signed;
    return signed && Report.parse(JSON.parse(Buffer.from(signed.payload, 'base64').toString()));
  };
  return {
    holder,
    engine,
    applied,
    report,
    reported: async (what, is) => await waitReported(holder, report, what, is),
    stop: async () => {
      stopping.abort();
      await ended.catch(() => undefined);
      await drift.closed;
    },
  };
}

const WAIT_MS = 90_000;

async function waitReported(
  holder: AgentHolder,
  report: () => Report | undefined,
  what: string,
  is: (report: Report) => boolean,
): Promise<Report> {
  const late = AbortSignal.timeout(WAIT_MS);
  for (;;) {
    const changed = Promise.withResolvers<void>();
    const end = holder.onChange(changed.resolve);
    late.addEventListener('abort', () => changed.resolve(), { once: true });
    const found = report();
    if (found !== undefined && is(found)) {
      end();
      return found;
    }
    if (late.aborted) throw new Error(`not reported: ${what}; last: ${JSON.stringify(found)}`);
    await changed.promise;
    end();
  }
}

/** Puts an envelope where an agent that starts finds the one that it holds. */
export async function keepEnvelope(client: KubeClient, signed: Signed): Promise<void> {
  const place = { client, namespace: AGENT_NAMESPACE, signal: new AbortController().signal };
  await writeHeldEnvelope(place, heldEnvelope(signed, 'the envelope'));
}

/** Until the report that an agent keeps in its cluster is such. */
export async function untilReported(client: KubeClient, is: (report: Report) => boolean): Promise<void> {
  const late = AbortSignal.timeout(WAIT_MS);
  const place = { client, namespace: AGENT_NAMESPACE, signal: late };
  for (;;) {
    const { report } = await readJournal(place);
    const text = Buffer.from(report?.signed.payload ?? '', 'base64').toString();
    const found = Report.safeParse(tryJson(text)).data;
    if (found !== undefined && is(found)) return;
    await systemClock.sleep(500, late);
  }
}
