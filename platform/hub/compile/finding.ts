/** One thing that is wrong with a profile or a cluster: a code of platform/errors.ts, and the field at fault. */
export interface Finding {
  readonly code: string;
  /** As Kubernetes writes it, e.g. `spec.packs[1].values`. */
  readonly path: string;
  readonly detail: string;
  /** JSON pointer (RFC 6901) into the YAML that the field holds. */
  readonly within?: string | undefined;
}

/** Collects findings; a value that could not be made is undefined. */
export type Report = (code: string, path: string, detail: string, within?: string) => undefined;

/** What is called for each finding, and the list of those that were. */
export function collectFindings(): { readonly findings: readonly Finding[]; readonly report: Report } {
  const findings: Finding[] = [];
  const report: Report = (code, path, detail, within) => {
    findings.push({ code, path, detail, ...(within === undefined ? {} : { within }) });
    return undefined;
  };
  return { findings, report };
}
