export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** An address from a path as OpenAPI writes it. `unfit` makes the error for a name that no path can hold. */
export function filledPath(
  template: string,
  params: Readonly<Record<string, string>>,
  query: Query,
  unfit: (name: string, value: string) => Error,
): string {
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name] ?? '';
    // URLs take dots for steps (RFC 3986, 5.2.4), encoded or not: such a name would become another address.
    if (value === '' || value === '.' || value === '..') throw unfit(name, value);
    return encodeURIComponent(value);
  });
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  return search.size === 0 ? path : `${path}?${search}`;
}
