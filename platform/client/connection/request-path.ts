import { platformError } from '../../errors.ts';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** An address on the hub from a path as OpenAPI writes it. Throws REQUEST_INVALID for a name that no path can hold. */
export function requestPath(
  template: string,
  params: Readonly<Record<string, string>>,
  query: Query = {},
): string {
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => segment(name, params[name] ?? ''));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  return search.size === 0 ? path : `${path}?${search}`;
}

// URLs take dots for steps (RFC 3986, 5.2.4), encoded or not: such a name would become another address.
function segment(name: string, value: string): string {
  if (value === '' || value === '.' || value === '..')
    throw platformError('REQUEST_INVALID', {
      subject: name,
      detail: JSON.stringify(value),
      remedy: 'Give a name of small letters, digits and hyphens.',
    });
  return encodeURIComponent(value);
}
