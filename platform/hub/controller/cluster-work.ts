import type { KubeClient } from '../../../apply/client/client.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { digestOf } from '../../../content/digest.ts';
import type { ClusterProfileSpec } from '../../api/cluster-profile.ts';
import { profileObjectName } from '../../api/names.ts';
import type { PackRegistrySpec } from '../../api/pack-registry.ts';
import { ENVELOPE_TYPE, type Envelope, type HubDoor } from '../../desired/envelope.ts';
import type { Signed } from '../../desired/message.ts';
import type { Report } from '../../desired/report.ts';
import { type Compiled, type CompileInput, compile } from '../compile/compile.ts';
import type { GatewayPlan } from '../compile/gateway/plan-gateway.ts';
import { withoutOneMore } from '../compile/gateway/room.ts';
import { isOpen, nextOpening } from '../compile/maintenance.ts';
import type { PackLookups } from '../compile/pack-lookup.ts';
import type { NearCache, PlatformRegistry } from '../compile/registries.ts';
import type { Acknowledged } from '../compile/removals.ts';
import type { Sealing } from '../compile/sealing.ts';
import type { SecretText } from '../compile/variables.ts';
import { adoptHeld } from '../gateway/adopt-held.ts';
import { type RevisionSummary, summaryOf } from '../watched/revision-summary.ts';
import { keyOf, type StoredCluster } from '../watched/stored.ts';
import { adoptionStep, BEHIND, heldProfiles, setProfiles } from './adoption.ts';
import { causeOf } from './cause.ts';
import { say, sayCompiled, sayFailed } from './cluster-conditions.ts';
import type { KeptEnvelopes } from './kept-envelopes.ts';
import {
  createRevision,
  envelopeIn,
  newestFirst,
  pruneRevisions,
  readRevision,
  releaseRevision,
} from './revisions.ts';
import { readSecrets } from './secret-source.ts';

/** What the work on one cluster is made with. */
export interface ClusterWorld {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'replace' | 'delete'>;
  readonly cluster: (key: string) => StoredCluster | undefined;
  readonly profile: (namespace: string, objectName: string) => ClusterProfileSpec | undefined;
  readonly registries: (namespace: string) => ReadonlyMap<string, PackRegistrySpec>;
  readonly revisions: (key: string) => readonly RevisionSummary[];
  readonly envelopes: Pick<KeptEnvelopes, 'read' | 'keep'>;
  /** A revision that was just made: it is known at once, also before the watch says so. */
  readonly made: (revision: KubeObject) => void;
  readonly report: (key: string) => Report | undefined;
  readonly lookUp: (
    profiles: readonly ClusterProfileSpec[],
    registries: ReadonlyMap<string, PackRegistrySpec>,
    secretText: SecretText,
    signal: AbortSignal,
  ) => Promise<PackLookups>;
  /** The layers that a cluster gets for being a gateway; undefined where it is none and never was. */
  readonly gatewayPlan?: GatewayPlanner | undefined;
  readonly platformRegistry: PlatformRegistry;
  /** The cache beside the machines of a cluster that a gateway makes. */
  readonly nearCache?: ((cluster: StoredCluster) => NearCache | undefined) | undefined;
  /** How agents reach and know this hub now. */
  readonly door: () => HubDoor;
  readonly agentImage: (version: string) => Promise<string | undefined>;
  readonly sealing: Sealing;
  readonly sign: (payloadType: string, bytes: Uint8Array) => Signed | Promise<Signed>;
  readonly now: () => Date;
}

/** Plans, and hears what came of it. */
export interface GatewayPlanner {
  plan(
    cluster: StoredCluster,
    last: Envelope | undefined,
    signal: AbortSignal,
  ): Promise<GatewayPlan | undefined>;
  planned(cluster: StoredCluster, plan: GatewayPlan): void;
}

const SECRETS_MS = 300_000;
const INVALID_MS = 60_000;
const WINDOW_MS = 3_600_000;

/** Brings the revisions of one cluster up to date. Gives when to look again where time or a Secret may change something. */
export async function workOnCluster(
  world: ClusterWorld,
  key: string,
  signal: AbortSignal,
): Promise<{ againMs?: number }> {
  const cluster = world.cluster(key);
  if (cluster === undefined || cluster.metadata.deletionTimestamp !== undefined) return {};
  const { id } = cluster.status;
  if (cluster.spec.agent?.key === undefined || id === undefined) {
    const conditions = { Enrolled: ['False', 'NoAgent', 'no agent was accepted'] } as const;
    await say(world, cluster, conditions, { observedGeneration: cluster.metadata.generation }, signal);
    return {};
  }
  const revisions = await currentRevisions(world, cluster, key, signal);
  const last = revisions[0];
  const held = acknowledgedBy(world.report(key), cluster);
  const heldNumber = Math.max(cluster.status.applied?.number ?? 0, held?.number ?? 0);
  if (heldNumber > (last?.number ?? 0)) {
    const message = `the agent holds envelope ${heldNumber}, the hub knows ${last?.number ?? 'none'}; waiting for it`;
    await say(world, cluster, { [BEHIND]: ['True', 'WaitingForEnvelope', message] }, {}, signal);
    return {};
  }
  const step = last === undefined ? 'go-on' : adoptionStep(cluster, last);
  if (step === 'rest') return {};
  if (step === 'adopt' && last !== undefined) {
    await adopt(world, cluster, last, signal);
    return {};
  }
  try {
    return await makeRevision(world, cluster, id, revisions, signal);
  } catch (error) {
    await sayFailed(world, cluster, error, signal);
    throw error;
  }
}

/** What the agent said last: to this hub, or to another one that has written it down. */
export function acknowledgedBy(
  report: Report | undefined,
  { status }: StoredCluster,
): Acknowledged | undefined {
  if (report === undefined) return status.held;
  return { number: report.envelope.number, removed: report.removed };
}

/** What the agent said last that it knows: to this hub, or to another one that has written it down. */
function featuresOf(report: Report | undefined, { status }: StoredCluster): readonly string[] {
  return (report === undefined ? status.agent?.features : report.features) ?? [];
}

/** Newest first; one that was made a moment ago and has not been seen yet is among them. */
async function currentRevisions(
  { client, revisions }: ClusterWorld,
  { metadata, status }: StoredCluster,
  key: string,
  signal: AbortSignal,
): Promise<RevisionSummary[]> {
  const known = [...revisions(key)];
  const number = status.desired?.number ?? 0;
  if (number > 0 && !known.some((revision) => revision.number >= number)) {
    const found = await readRevision(client, metadata.namespace, `${metadata.name}-${number}`, signal);
    if (found !== undefined) known.push(summaryOf(found));
  }
  return newestFirst(known);
}

async function adopt(
  { client, profile, envelopes, now }: ClusterWorld,
  cluster: StoredCluster,
  last: RevisionSummary,
  signal: AbortSignal,
): Promise<void> {
  const { namespace } = cluster.metadata;
  const text = await envelopes.read(namespace, last, signal);
  if (text === undefined) return;
  const envelope = envelopeIn(text);
  await adoptHeld(client, envelope.layers, signal);
  const held = heldProfiles(
    envelope,
    cluster.spec.profiles ?? [],
    (name) => profile(namespace, name) !== undefined,
  );
  const observedGeneration =
    held === undefined ? cluster.metadata.generation : await setProfiles(client, cluster, held, signal);
  const { number, digest } = last;
  const what =
    held === undefined
      ? 'not all of its profile versions exist here'
      : 'its profile versions were taken over';
  const message = `envelope ${number} was held by the agent; ${what}; nothing is sent until the cluster is changed`;
  const fields = { observedGeneration, desired: { number, digest, at: now().toISOString() } };
  await say({ client, now }, cluster, { [BEHIND]: ['True', 'Adopted', message] }, fields, signal);
}

async function makeRevision(
  world: ClusterWorld,
  cluster: StoredCluster,
  id: string,
  revisions: readonly RevisionSummary[],
  signal: AbortSignal,
): Promise<{ againMs?: number }> {
  const { namespace } = cluster.metadata;
  // Pausing sends what was sent last once more, and not what a window still holds.
  const isPaused = cluster.spec.paused === true;
  const base = isPaused ? revisions.find(({ released }) => released) : revisions[0];
  const text = base === undefined ? undefined : await world.envelopes.read(namespace, base, signal);
  const last = text === undefined ? undefined : envelopeIn(text);
  const highestNumber = Math.max(revisions[0]?.number ?? 0, cluster.status.desired?.number ?? 0);
  const { compiled, usesSecrets } = await compileCluster(world, cluster, id, last, highestNumber, signal);
  if (compiled.state === 'invalid') {
    const [first] = compiled.findings;
    const message = compiled.findings
      .map(({ code, path, detail }) => `${code} ${path}: ${detail}`)
      .join('\n');
    const conditions = { Compiled: ['False', first?.code ?? 'Invalid', message] } as const;
    await say(world, cluster, conditions, { observedGeneration: cluster.metadata.generation }, signal);
    return { againMs: INVALID_MS };
  }
  const now = world.now();
  const open = isPaused || isOpen(cluster.spec.policy?.maintenance, now);
  const newest = await newestRevision(world, cluster, compiled, last, revisions[0], open, signal);
  await sayCompiled(world, cluster, newest, signal);
  if (compiled.state === 'made')
    await pruneRevisions(world.client, namespace, [...revisions, ...(newest ? [newest] : [])], signal);
  return againAfter(cluster, newest, usesSecrets, now);
}

/** What a cluster's spec makes next; nothing is written. */
export async function compileCluster(
  world: ClusterWorld,
  cluster: StoredCluster,
  id: string,
  last: Envelope | undefined,
  highestNumber: number,
  signal: AbortSignal,
): Promise<{ compiled: Compiled; usesSecrets: boolean }> {
  const { spec, status } = cluster;
  const { namespace, name } = cluster.metadata;
  const profiles = (spec.profiles ?? []).flatMap(
    (use) => world.profile(namespace, profileObjectName(use)) ?? [],
  );
  const all = world.registries(namespace);
  const used = new Set(profiles.flatMap(({ packs }) => packs.map(({ registry }) => registry)));
  const registries = new Map([...all].filter(([registry]) => used.has(registry)));
  const secretText = await readSecrets(world.client, namespace, spec, registries.values(), signal);
  const packs = spec.paused === true ? noPacks : await world.lookUp(profiles, registries, secretText, signal);
  const plan = spec.paused === true ? undefined : await world.gatewayPlan?.plan(cluster, last, signal);
  const { compiled, plan: fitting } = await compileFitting(plan, {
    ...world,
    hub: world.door(),
    nearCache: world.nearCache?.(cluster),
    identity: { project: namespace, name, id },
    spec,
    sealingKey: status.sealingKey,
    agentFeatures: featuresOf(world.report(keyOf(namespace, name)), cluster),
    profile: (objectName) => world.profile(namespace, objectName),
    packs,
    registries,
    secretText,
    last,
    highestNumber,
    acknowledged: acknowledgedBy(world.report(keyOf(namespace, name)), cluster),
    now: world.now(),
  });
  if (fitting !== undefined) world.gatewayPlan?.planned(cluster, fitting);
  const usesSecrets =
    (spec.profiles ?? []).some(({ variables = [] }) =>
      variables.some(({ secret }) => secret !== undefined),
    ) ||
    [...registries.values()].some(({ credentials }) => credentials !== undefined) ||
    fitting !== undefined;
  return { compiled, usesSecrets };
}

/** A cluster that a gateway has no room for is left out and told so; the others go on. */
async function compileFitting(
  plan: GatewayPlan | undefined,
  input: CompileInput,
): Promise<{ compiled: Compiled; plan: GatewayPlan | undefined }> {
  for (let fitting = plan; ; ) {
    const compiled = await compile({ ...input, system: fitting?.layers });
    const isTooLarge =
      compiled.state === 'invalid' && compiled.findings.every(({ code }) => code === 'ENVELOPE_TOO_LARGE');
    const smaller = isTooLarge && fitting ? withoutOneMore(fitting, input.last) : undefined;
    if (smaller === undefined) return { compiled, plan: fitting };
    fitting = smaller;
  }
}

const noPacks: PackLookups = () => ({ state: 'unreadable', detail: 'not looked up' });

/** The newest revision once what was compiled is written down, and released where a window is open. */
async function newestRevision(
  world: ClusterWorld,
  cluster: StoredCluster,
  compiled: Compiled,
  last: Envelope | undefined,
  newest: RevisionSummary | undefined,
  open: boolean,
  signal: AbortSignal,
): Promise<RevisionSummary | undefined> {
  const { client, sign } = world;
  const { name, namespace } = cluster.metadata;
  const now = world.now();
  if (compiled.state === 'made') {
    const { envelope } = compiled;
    const bytes = Buffer.from(JSON.stringify(envelope));
    const signed = await sign(ENVELOPE_TYPE, bytes);
    const spec = {
      cluster: name,
      number: envelope.number,
      digest: digestOf(bytes),
      envelope: JSON.stringify(signed),
      cause: causeOf(envelope, last),
      ...(open ? { releasedAt: now.toISOString() } : {}),
    };
    world.made(await createRevision(client, cluster, spec, signal));
    const { number, digest, cause } = spec;
    world.envelopes.keep(namespace, { name: `${name}-${number}`, digest }, spec.envelope);
    return { name: `${name}-${number}`, cluster: name, number, digest, cause, released: open };
  }
  if (newest === undefined || newest.released || !open || cluster.spec.paused === true) return newest;
  await releaseRevision(client, namespace, newest.name, now, signal);
  return { ...newest, released: true };
}

function againAfter(
  { spec }: StoredCluster,
  newest: RevisionSummary | undefined,
  usesSecrets: boolean,
  now: Date,
): { againMs?: number } {
  const times = usesSecrets ? [SECRETS_MS] : [];
  if (newest?.released === false) {
    const opening = nextOpening(spec.policy?.maintenance, now);
    times.push(Math.min(WINDOW_MS, opening === undefined ? WINDOW_MS : opening.getTime() - now.getTime()));
  }
  return times.length === 0 ? {} : { againMs: Math.min(...times) };
}
