import { digestOf } from '../../../../content/digest.ts';
import { PackConfig } from '../../../../content/pack-format.ts';
import type { ClusterProfileSpec, PackReference } from '../../../api/cluster-profile.ts';
import type { Envelope } from '../../../desired/envelope.ts';
import { type Compiled, type CompileInput, compile } from '../compile.ts';
import type { PackLookup } from '../pack-lookup.ts';

const SCHEMA = {
  type: 'object',
  properties: { replicas: { type: 'integer', minimum: 1 }, host: { type: 'string' } },
};

/** The config of a pack, with one integer and one text that its schema knows. */
export function samplePack(name: string, version = '1.0.0', config: object = {}): PackConfig {
  return PackConfig.parse({
    name,
    version,
    layer: 'addon',
    values: { replicas: 1, host: 'localhost' },
    valuesSchema: SCHEMA,
    ...config,
  });
}

/** How a profile names a pack of `samplePack`. */
export function packOf(name: string, more: Partial<PackReference> = {}): PackReference {
  const version = more.version ?? '1.0.0';
  return { name, version, digest: digestOf(`${name} ${version}`), ...more };
}

/** Every pack that is asked for, but for those that are given otherwise. */
export function samplePacks(special: Readonly<Record<string, PackLookup | PackConfig>> = {}) {
  return ({ name, version }: PackReference): PackLookup => {
    const found = special[name];
    if (found === undefined) return { state: 'found', config: samplePack(name, version) };
    return 'state' in found ? found : { state: 'found', config: found };
  };
}

export function profileOf(packs: readonly PackReference[], more: Partial<ClusterProfileSpec> = {}) {
  return { name: 'web', version: '1.0.0', packs: [...packs], ...more };
}

/** What compiles a cluster with one profile. */
export function inputOf(
  profile: ClusterProfileSpec,
  more: Partial<CompileInput> & { readonly variables?: { name: string; value?: unknown }[] } = {},
): CompileInput {
  const { variables, ...rest } = more;
  const use = { name: profile.name, version: profile.version, ...(variables && { variables }) };
  return {
    identity: { project: 'team', name: 'edge', id: 'uid-1' },
    spec: { profiles: [use] },
    sealingKey: { kty: 'EC', x: 'key' },
    profile: (name) => (name === `${profile.name}-${profile.version}` ? profile : undefined),
    packs: samplePacks(),
    registries: new Map(),
    secretText: () => undefined,
    last: undefined,
    acknowledged: undefined,
    platformRegistry: { address: 'registry.test', packsPrefix: 'skerry/packs' },
    hub: { urls: ['https://hub.test'], authorities: ['ca'], keys: ['key'] },
    agentFeatures: [],
    agentImage: async () => undefined,
    sealing: sampleSealing(),
    now: new Date('2026-01-01T00:00:00Z'),
    ...rest,
  };
}

/** Seals as a real one does: another text each time. It can be looked through, for tests alone. */
export function sampleSealing() {
  let count = 0;
  return {
    seal: async (value: object) => `jwe-${count++}:${Buffer.from(JSON.stringify(value)).toString('base64')}`,
    mark: (value: string) => digestOf(`hub key ${value}`),
  };
}

export function openSealed(sealed: string | undefined): unknown {
  return JSON.parse(Buffer.from(sealed?.split(':')[1] ?? '', 'base64').toString());
}

export async function made(input: CompileInput): Promise<Envelope> {
  const compiled = await compile(input);
  if (compiled.state === 'made') return compiled.envelope;
  throw new Error(JSON.stringify(compiled));
}

export function codesOf(compiled: Compiled): string[] {
  return compiled.state === 'invalid' ? compiled.findings.map(({ code }) => code) : [];
}
