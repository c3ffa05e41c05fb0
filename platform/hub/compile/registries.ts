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

const PLATFORM = 'platform';

/** What an envelope calls a registry: no project can take the platform's own name. */
export function registryName(name: string | undefined): string {
  return name === undefined ? PLATFORM : `project.${name}`;
}

/** The registries that layers need, by the names of PackRegistries; undefined stands for the platform's own. */
export async function envelopeRegistries(
  needed: ReadonlyMap<string | undefined, string>,
  { platform, registries, secretText, sealer, report }: RegistrySources,
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
    made.push({ name: registryName(name), address, ...(ca === undefined ? {} : { ca }), ...sealed });
  }
  return made.sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface RegistrySources {
  readonly platform: PlatformRegistry;
  readonly registries: ReadonlyMap<string, PackRegistrySpec>;
  readonly secretText: SecretText;
  readonly sealer: Sealer;
  readonly report: Report;
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
