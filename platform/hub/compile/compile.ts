import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../../../apply/json.ts';
import { MAX_ENVELOPE_BYTES } from '../../api/revision.ts';
import type { ClusterIdentity, Envelope, EnvelopeLayer, HubDoor } from '../../desired/envelope.ts';
import { FEATURES, type Feature, featuresUsed } from '../../desired/features.ts';
import { collectFindings, type Finding, type Report } from './finding.ts';
import { isSystemLayer } from './gateway/system-packs.ts';
import { type LayerSources, type PlannedLayer, planLayers } from './plan-layers.ts';
import { credentialsOf, envelopeRegistries, type NearCache, type PlatformRegistry } from './registries.ts';
import { type Acknowledged, removalsAfter } from './removals.ts';
import { Sealer, type Sealing } from './sealing.ts';

export interface CompileInput extends Omit<LayerSources, 'packsPrefix'> {
  readonly identity: ClusterIdentity;
  /** Public key (JWK) of the agent. */
  readonly sealingKey: JsonObject | undefined;
  /** The envelope that was made last. */
  readonly last: Envelope | undefined;
  /** The highest number that was ever given, where that is not the last envelope's. */
  readonly highestNumber?: number | undefined;
  readonly acknowledged: Acknowledged | undefined;
  readonly platformRegistry: PlatformRegistry;
  /** Of the gateway that makes the cluster, where that has one. */
  readonly nearCache?: NearCache | undefined;
  readonly hub: HubDoor;
  /** Names of what the agent knows besides protocol 1, as it said last. */
  readonly agentFeatures: readonly string[];
  /** All that this hub knows; those of this version when absent. */
  readonly features?: readonly Feature[] | undefined;
  /** The image of an agent's version, as nodes pull it; undefined when the registry has no such version. */
  readonly agentImage: (version: string) => Promise<string | undefined>;
  readonly sealing: Sealing;
  /** The layers that it has for being a gateway. */
  readonly system?: readonly PlannedLayer[] | undefined;
  readonly now: Date;
}

export type Compiled =
  | { readonly state: 'made'; readonly envelope: Envelope }
  | { readonly state: 'unchanged' }
  | { readonly state: 'invalid'; readonly findings: readonly Finding[] };

/**
 * Turns a cluster and all that it names into its next envelope. Makes none when nothing but number and time would
 * differ from the last; that the agent has reported a layer gone is no reason for one either.
 */
export async function compile(input: CompileInput): Promise<Compiled> {
  const { last, acknowledged, spec } = input;
  if (spec.paused === true) return pause(input);
  const { findings, report } = collectFindings();
  checkProfiles(input, report);
  checkCredentials(input, report);
  const content = await compileContent(input, report);
  if (findings.length > 0) return { state: 'invalid', findings };
  const before =
    last === undefined ? undefined : { ...last, remove: removalsAfter(last, last.layers, acknowledged) };
  return finish(content, before, input);
}

type Content = Omit<Envelope, 'number' | 'issuedAt'>;

// Nothing new for a cluster that is paused, but that it is.
function pause(input: CompileInput): Compiled {
  const { last, now } = input;
  if (last === undefined || last.paused) return { state: 'unchanged' };
  const number = nextNumber(last, input);
  return { state: 'made', envelope: { ...last, number, issuedAt: now.toISOString(), paused: true } };
}

async function compileContent(input: CompileInput, report: Report): Promise<Content> {
  const { identity, spec, last, acknowledged, platformRegistry: platform, hub } = input;
  const planned = withSystem(
    planLayers({ ...input, packsPrefix: platform.packsPrefix }, report),
    input,
    report,
  );
  checkNamespaces(planned, last, acknowledged, report);
  const before = last === undefined ? [] : [...last.layers, ...last.registries];
  const sealer = new Sealer(input.sealing, input.sealingKey, before);
  const layers: EnvelopeLayer[] = [];
  for (const { layer, secrets, path } of planned)
    layers.push({ ...layer, ...(await sealer.seal(secrets, path, report)) });
  const needed = new Map(planned.map(({ registry, path }) => [registry, path]));
  const agent = await agentOf(input, report);
  const content = {
    version: 1,
    cluster: identity,
    layers,
    remove: removalsAfter(last, layers, acknowledged),
    registries: await envelopeRegistries(needed, { ...input, platform, sealer, report }),
    hub,
    ...(agent === undefined ? {} : { agent }),
    paused: spec.paused ?? false,
  } as const;
  const requires = requiredBy(content, input, report);
  return requires.length === 0 ? content : { ...content, requires };
}

function withSystem(
  planned: readonly PlannedLayer[],
  { system = [] }: CompileInput,
  report: Report,
): readonly PlannedLayer[] {
  const names = new Set(system.map(({ name }) => name));
  for (const { name, path } of planned)
    if (names.has(name)) report('LAYER_NAME_TAKEN', path, `${name} is a layer of the gateway`);
  return [...planned, ...system];
}

/** The features that it makes use of, all of which the agent must know. */
function requiredBy(
  content: Content,
  { agentFeatures, features = FEATURES }: CompileInput,
  report: Report,
): string[] {
  const used = featuresUsed(content, features);
  const missing = used.filter((name) => !agentFeatures.includes(name));
  if (missing.length > 0) report('AGENT_FEATURE_MISSING', 'spec', missing.join(', '));
  return used;
}

// A list that got lost in an edit looks like one that was emptied; taking everything away needs a word of its own.
function checkProfiles({ spec, last }: CompileInput, report: Report): void {
  const hasProfiles = spec.profiles !== undefined && spec.profiles.length > 0;
  if (hasProfiles || spec.policy?.allowEmpty === true || last === undefined) return;
  const layers = last.layers.filter((layer) => !isSystemLayer(layer));
  if (layers.length > 0)
    report('PROFILES_MISSING', 'spec.profiles', `the cluster has ${layers.length} layers`);
}

// Before the packs, which can't be looked at without them.
function checkCredentials({ registries, secretText }: CompileInput, report: Report): void {
  for (const [name, spec] of registries)
    credentialsOf(spec, secretText, `PackRegistry ${name}: spec.credentials`, report);
}

// A Helm release cannot move, and what is left in the old namespace would be nobody's.
function checkNamespaces(
  planned: readonly PlannedLayer[],
  last: Envelope | undefined,
  acknowledged: Acknowledged | undefined,
  report: Report,
): void {
  if (last === undefined) return;
  const there = [...last.layers, ...removalsAfter({ ...last, layers: [] }, [], acknowledged)];
  const namespaces = new Map(there.map(({ name, namespace }) => [name, namespace]));
  for (const { name, layer, path } of planned) {
    const before = namespaces.get(name) ?? layer.namespace;
    if (before === layer.namespace) continue;
    report('LAYER_NAMESPACE_CHANGED', path, `${name}: from ${before} to ${layer.namespace}`);
  }
}

async function agentOf({ spec, agentImage }: CompileInput, report: Report): Promise<Envelope['agent']> {
  const version = spec.agent?.version;
  if (version === undefined) return undefined;
  const image = await agentImage(version);
  if (image === undefined) return report('AGENT_VERSION_UNKNOWN', 'spec.agent.version', version);
  return { version, image };
}

function nextNumber(last: Envelope | undefined, { highestNumber = 0 }: CompileInput): number {
  return Math.max(last?.number ?? 0, highestNumber) + 1;
}

function finish(content: Content, last: Envelope | undefined, input: CompileInput): Compiled {
  const envelope = { ...content, number: nextNumber(last, input), issuedAt: input.now.toISOString() };
  if (last !== undefined) {
    const { number, issuedAt } = last;
    if (isDeepStrictEqual(plain({ ...envelope, number, issuedAt }), plain(last)))
      return { state: 'unchanged' };
  }
  const bytes = Buffer.byteLength(JSON.stringify(envelope));
  if (bytes <= MAX_ENVELOPE_BYTES) return { state: 'made', envelope };
  const detail = `${bytes} bytes, of ${MAX_ENVELOPE_BYTES} at most`;
  return { state: 'invalid', findings: [{ code: 'ENVELOPE_TOO_LARGE', path: 'spec.profiles', detail }] };
}

/** As JSON has it: what is undefined is not there. */
function plain(envelope: Envelope): unknown {
  return JSON.parse(JSON.stringify(envelope));
}
