import { getCACertificates } from 'node:tls';

/**
 * The machine's own authorities (PEM), which count as they do for every other client, and `ca` besides. `ca` alone would
 * take their place, and token servers and blob stores may need them.
 */
export function trusted(ca: string | undefined): string[] {
  const all = [
    ...getCACertificates('default'),
    ...getCACertificates('system'),
    ...(ca === undefined ? [] : [ca]),
  ];
  return [...new Set(all)];
}
