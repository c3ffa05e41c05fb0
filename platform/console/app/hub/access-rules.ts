/** What somebody may do, as the hub says it. */
export interface AccessRule {
  readonly verbs: readonly string[];
  readonly resources: readonly string[];
}

/** Whether rules have a verb on a resource. */
export function permits(rules: readonly AccessRule[], verb: string, resource: string): boolean {
  return rules.some(({ verbs, resources }) => has(verbs, verb) && has(resources, resource));
}

function has(list: readonly string[], wanted: string): boolean {
  return list.includes('*') || list.includes(wanted);
}
