import type { Digest } from '../../../../content/digest.ts';
import type { PackConfig } from '../../../../content/pack-format.ts';
import type { EnvelopeLayer } from '../../../desired/envelope.ts';

/**
 * The packs that a gateway's cluster gets from the hub itself, and which versions of them this hub knows the values of.
 * The shape of its values is a pack's major version; that of `infra` is the platform's.
 */
export const SYSTEM_PACKS = {
  infra: '*',
  'cluster-api': '^1',
  'cluster-api-aws': '^1',
  'cloud-account': '^1',
  'machine-defaults': '^1',
  'registry-cache': '^1',
  'machine-cluster': '^1',
  'eks-cluster': '^1',
} as const;
export type SystemPackName = keyof typeof SYSTEM_PACKS;

export const systemPackNames: readonly SystemPackName[] = [
  'infra',
  'cluster-api',
  'cluster-api-aws',
  'cloud-account',
  'machine-defaults',
  'registry-cache',
  'machine-cluster',
  'eks-cluster',
];

/** What the layers of system packs say in the place of a profile: no profile can have this name. */
const SYSTEM_PROFILE = 'skerry.system';

export interface SystemPack {
  readonly version: string;
  readonly digest: Digest;
  readonly config: PackConfig;
}

/** The newest version that fits this hub, or the one that is named; undefined where the registry has none. */
export type SystemPacks = (name: SystemPackName, version?: string) => SystemPack | undefined;

export function isSystemLayer({ profile }: Pick<EnvelopeLayer, 'profile'>): boolean {
  return profile.name === SYSTEM_PROFILE;
}

/** What layers of system packs have in common. */
export function systemLayer(
  name: string,
  namespace: string,
  packName: SystemPackName,
  { version, digest }: Pick<SystemPack, 'version' | 'digest'>,
  packsPrefix: string,
): Omit<EnvelopeLayer, 'values' | 'dependsOn'> {
  return {
    name,
    namespace,
    profile: { name: SYSTEM_PROFILE, version: '1' },
    pack: { registry: 'platform', repository: `${packsPrefix}/${packName}`, version, digest },
    timeoutSeconds: 600,
    health: [],
    drift: { mode: 'correct' },
    onRemove: 'prune',
  };
}
