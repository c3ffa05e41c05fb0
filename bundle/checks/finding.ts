/** What a check of a chart found out before anything travels. */
export interface Finding {
  /** A code of the error tables. */
  readonly code: FindingCode;
  /** An error ends the create; a warning is reported. */
  readonly severity: 'error' | 'warning';
  /** Component or pack, object and field: `component web: Deployment.apps web spec.template.spec.containers[0].env[1]`. */
  readonly place: string;
  readonly detail: string;
}

export type FindingCode =
  | 'LIST_KEY_DUPLICATE'
  | 'RELEASE_RECORD_TOO_LARGE'
  | 'RELEASE_RECORD_LARGE'
  | 'MANIFEST_NOT_APPLICABLE'
  | 'API_REMOVED'
  | 'NAMESPACE_OF_CLUSTER'
  | 'LOAD_BALANCER_NEEDED'
  | 'HELM_WARNED'
  | 'SERVER_REFUSES_OBJECT';

/** Each finding once: most are the same for every Kubernetes version and preset. */
export function uniqueFindings(findings: readonly Finding[]): Finding[] {
  const known = new Map(
    findings
      .map((finding) => [`${finding.code} ${finding.place} ${finding.detail}`, finding] as const)
      .reverse(),
  );
  return [...known.values()].reverse();
}
