export interface CertificateEnd {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly end: number;
}

const END = /^skerry_hub_certificate_end_timestamp_seconds\{certificate="([^"]+)"\} (\S+)$/;

/** When the hub's certificates end, from its metrics in Prometheus' text format; the first to end comes first. */
export function certificateEnds(text: string): CertificateEnd[] {
  return text
    .split('\n')
    .map((line) => END.exec(line))
    .filter((found) => found !== null)
    .map(([, name = '', seconds = '']) => ({ name, end: Number(seconds) * 1000 }))
    .filter(({ end }) => Number.isFinite(end))
    .sort((a, b) => a.end - b.end);
}
