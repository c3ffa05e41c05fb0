import { z } from 'zod';
import { infraError } from '../../errors.ts';
import type { OpenStackSettings } from './settings.ts';

/** Keystone's "Authentication and token management": what a token says of services. */
export const Catalogue = z.array(
  z.object({
    type: z.string(),
    endpoints: z.array(z.object({ interface: z.string(), region_id: z.string().nullish(), url: z.string() })),
  }),
);
export type Catalogue = z.infer<typeof Catalogue>;

export type ServiceType = 'compute' | 'network' | 'image';

/** Official names first, then those that older clouds have (the service types authority). */
const TYPES: Record<ServiceType, readonly string[]> = {
  compute: ['compute'],
  network: ['network'],
  image: ['image'],
};

/** Catalogues lead to a version, to a project in a version, or to neither. */
const ROOTS: Record<ServiceType, (path: string) => string> = {
  // Below /v2 Nova takes no microversion.
  compute: (path) => `${path.replace(/\/v2(\.1)?(\/[^/]*)?$/, '')}/v2.1`,
  network: (path) => `${path.replace(/\/v2\.0$/, '')}/v2.0`,
  image: (path) => `${path.replace(/\/v[12](\.\d+)?$/, '')}/v2`,
};

/**
 * Where a service is asked. Throws ACCOUNT_INVALID where the catalogue has no such service, or several regions of which
 * none is named, and where a token that came over TLS would go out in clear.
 */
export function endpointOf(
  type: ServiceType,
  catalogue: Catalogue,
  settings: OpenStackSettings,
  keystone: string,
): string {
  const given = settings.endpoints[type] ?? found(type, catalogue, settings);
  const url = URL.parse(given);
  if (url === null)
    throw infraError('CLOUD_ANSWER_INVALID', {
      subject: type,
      detail: 'the catalogue has no address for it',
    });
  if (keystone.startsWith('https:') && url.protocol !== 'https:')
    throw infraError('ACCOUNT_INVALID', {
      subject: type,
      detail: `the catalogue names ${url.origin}, where the token would be sent in clear; name an https address in settings.endpoints`,
    });
  return `${url.origin}${ROOTS[type](url.pathname.replace(/\/+$/, ''))}`;
}

function found(
  type: ServiceType,
  catalogue: Catalogue,
  { region, interface: kind }: OpenStackSettings,
): string {
  const endpoints = catalogue
    .filter((service) => TYPES[type].includes(service.type))
    .flatMap((service) => service.endpoints)
    .filter((endpoint) => endpoint.interface === kind);
  const regions = [...new Set(endpoints.map(({ region_id }) => region_id ?? ''))].sort();
  const here = endpoints.filter(({ region_id }) => region === undefined || region_id === region);
  const [endpoint] = here;
  if (endpoint === undefined)
    throw infraError('ACCOUNT_INVALID', {
      subject: 'settings.region',
      detail: `the catalogue has no ${kind} address of ${type}${region === undefined ? '' : ` in ${region}`}; there are: ${regions.join(', ') || 'none'}`,
    });
  if (region === undefined && regions.length > 1)
    throw infraError('ACCOUNT_INVALID', {
      subject: 'settings.region',
      detail: `one of ${regions.join(', ')} must be named`,
    });
  return endpoint.url;
}
