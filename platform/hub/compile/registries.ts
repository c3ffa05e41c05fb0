import type { PackRegistrySpec } from '../../api/pack-registry.ts';
import type { EnvelopeRegistry } from '../../desired/envelope.ts';
import { registryHost } from '../lent-secret.ts';
import type { Report } from './finding.ts';
import type { Sealer } from './sealing.ts';
import type { SecretText } from './variables.ts';

/** The registry that came with the platform, as agents reach it. */
export interface PlatformRegistry {
  readonly address: string;
  readonly ca?: string | undefined;
  readonly credentials?: { readonly username: string; readonly password: string } | undefined;
  /** What the repositories of packs begin with. */
  readonly packsPrefix: string;
}

/** A cache beside the machines of a cluster, of the registry at `upstream`. */
export interface NearCache {
  readonly upstream: string;
  readonly address: string;
  readonly ca?: string | undefined;
}

const PLATFORM = 'platform';

/** What an envelope calls a registry: no project can take the platform's own name. */
export function registryName(name: string | undefined): string {
  return name === undefined ? PLATFORM : `project.${name}`;
}

/** The registries that layers need, by the names of PackRegistries; undefined stands for the platform's own. */
export async function envelopeRegistries(
  needed: ReadonlyMap<string | undefined, string>,
  { platform, registries, secretText, nearCache, sealer, report }: RegistrySources,
): Promise<EnvelopeRegistry[]> {
  const made: EnvelopeRegistry[] = [];
  for (const [name, path] of needed) {
    const spec = name === undefined ? platform : registries.get(name);
    if (spec === undefined) continue;
    const credentials =
      name === undefined
        ? platform.credentials
        : credentialsOf(registries.get(name), secretText, `${path}.registry`, report);
    const sealed = await sealer.seal(credentials, `${path}.registry`, report);
    const { address, ca } = spec;
    const cache = cacheOf(spec, nearCache, secretText);
    made.push({
      name: registryName(name),
      address,
      ...(ca === undefined ? {} : { ca }),
      ...cache,
      ...sealed,
    });
  }
  return made.sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface RegistrySources {
  readonly platform: PlatformRegistry;
  readonly registries: ReadonlyMap<string, PackRegistrySpec>;
  readonly secretText: SecretText;
  readonly nearCache?: NearCache | undefined;
  readonly sealer: Sealer;
  readonly report: Report;
}

// The agent shows the cache what it shows the registry: a Secret of the project has to be lent for both.
function cacheOf(
  { address, credentials }: Pick<PackRegistrySpec, 'address'> & { readonly credentials?: object | undefined },
  near: NearCache | undefined,
  secretText: SecretText,
): { cache?: NonNullable<EnvelopeRegistry['cache']> } {
  if (near === undefined || registryHost(near.upstream) !== registryHost(address)) return {};
  if (credentials !== undefined && 'name' in credentials && typeof credentials.name === 'string') {
    const use = { purpose: 'registry', host: registryHost(near.address) } as const;
    if (typeof secretText(credentials.name, 'username', use) !== 'string') return {};
  }
  return { cache: { address: near.address, ...(near.ca === undefined ? {} : { ca: near.ca }) } };
}

/** Of a registry; what is wrong with them is reported. */
export function credentialsOf(
  spec: PackRegistrySpec | undefined,
  secretText: SecretText,
  path: string,
  report: Report,
): { username: string; password: string } | undefined {
  if (spec?.credentials === undefined) return undefined;
  const { name } = spec.credentials;
  const use = { purpose: 'registry', host: registryHost(spec.address) } as const;
  const username = secretText(name, 'username', use);
  const password = secretText(name, 'password', use);
  for (const text of [username, password])
    if (typeof text === 'object') return report('SECRET_NOT_LENT', path, `Secret ${name}: ${text.refused}`);
  if (typeof username === 'string' && typeof password === 'string') return { username, password };
  return report('SECRET_MISSING', path, `Secret ${name}, keys username and password`);
}
