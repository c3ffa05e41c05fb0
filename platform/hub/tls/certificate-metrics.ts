import { readCertificate } from './certificate.ts';

export interface NamedCertificate {
  /** `hub`, `agents-door`: for labels. */
  readonly name: string;
  /** PEM. */
  readonly certificate: string;
}

const METRICS = [
  ['skerry_hub_certificate_begin_timestamp_seconds', 'When the certificate begins.', 'validFrom'],
  ['skerry_hub_certificate_end_timestamp_seconds', 'When the certificate ends.', 'validTo'],
] as const;

/** Dates of certificates in Prometheus' text format; one that can't be read is left out. */
export function certificateMetrics(certificates: readonly NamedCertificate[]): string {
  const read = certificates.flatMap(({ name, certificate }) => {
    const found = readCertificate(certificate);
    return found === undefined ? [] : [{ name, found }];
  });
  const lines = METRICS.flatMap(([metric, help, field]) => [
    `# HELP ${metric} ${help}`,
    `# TYPE ${metric} gauge`,
    ...read.map(({ name, found }) => `${metric}{certificate="${name}"} ${Date.parse(found[field]) / 1000}`),
  ]);
  return `${lines.join('\n')}\n`;
}

/** The authority that a chain ends with. */
export function lastOf(chain: string): string {
  return chain.slice(Math.max(0, chain.lastIndexOf('-----BEGIN CERTIFICATE-----')));
}
