import type { RegistryCache } from '../../../api/gateway.ts';
import { registryHost } from '../../lent-secret.ts';
import { checkValues } from '../check-values.ts';
import type { Report } from '../finding.ts';
import type { PlannedLayer } from '../plan-layers.ts';
import type { SecretText } from '../variables.ts';
import type { NamedGateway } from './made-cluster.ts';
import { type SystemPack, systemLayer } from './system-packs.ts';

export const CACHE_LAYER = 'registry-cache';
const NAMESPACE = 'skerry-cache';
const PATH = 'spec.nodes.registry.cache';

/** The layer of a gateway's cache; undefined where it has none, or where anything was reported. */
export function cacheLayer(
  { spec }: Pick<NamedGateway, 'spec'>,
  secretText: SecretText,
  pack: SystemPack,
  packsPrefix: string,
  outer: Report,
): PlannedLayer | undefined {
  const registry = spec.nodes?.registry;
  const cache = registry?.cache;
  if (cache === undefined) return undefined;
  let isSound = true;
  const report: Report = (code, at, detail) => {
    isSound = false;
    return outer(code, at, detail);
  };
  const { endpoint, ca } = registry ?? {};
  const values = {
    upstream: { endpoint, ...(ca === undefined ? {} : { ca }) },
    port: Number(new URL(cache.endpoint).port || (cache.endpoint.startsWith('https:') ? 443 : 80)),
    ...(cache.sizeGiB === undefined ? {} : { sizeGiB: cache.sizeGiB }),
    ...(cache.storageClass === undefined ? {} : { storageClass: cache.storageClass }),
  };
  const certificate = certificateOf(cache, secretText, report);
  checkValues(pack.config, values, PATH, report, { secret: false });
  if (!isSound) return undefined;
  const layer = {
    ...systemLayer(CACHE_LAYER, NAMESPACE, CACHE_LAYER, pack, packsPrefix),
    values,
    dependsOn: [],
  };
  return {
    ...{ name: CACHE_LAYER, layer, dependsOn: [], registry: undefined, path: PATH },
    secrets: certificate === undefined ? undefined : { certificate },
  };
}

function certificateOf({ endpoint, certificate }: RegistryCache, secretText: SecretText, report: Report) {
  if (certificate === undefined) return undefined;
  const path = `${PATH}.certificate`;
  const { name } = certificate;
  const use = { purpose: 'registry', host: registryHost(endpoint) } as const;
  const [cert, key] = [secretText(name, 'tls.crt', use), secretText(name, 'tls.key', use)];
  for (const text of [cert, key])
    if (typeof text === 'object') return report('SECRET_NOT_LENT', path, `Secret ${name}: ${text.refused}`);
  if (typeof cert === 'string' && typeof key === 'string') return { cert, key };
  return report('SECRET_MISSING', path, `Secret ${name}, keys tls.crt and tls.key`);
}
