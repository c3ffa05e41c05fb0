/** Kubernetes' own labels that a kubelet may give its node (kubernetes.io/docs, "Well-Known Labels"; --node-labels). */
const WELL_KNOWN = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/arch',
  'kubernetes.io/os',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/instance-type',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
]);
const OPEN = ['kubelet.kubernetes.io', 'node.kubernetes.io'];

/**
 * Whether a kubelet takes the label for its node. With one that it refuses, as all of `node-role.kubernetes.io`, it ends at
 * once, and no machine of the pool ever joins.
 */
export function isNodeLabel(label: string): boolean {
  const slash = label.indexOf('/');
  const prefix = slash === -1 ? '' : label.slice(0, slash);
  const isWithin = (domain: string) => prefix === domain || prefix.endsWith(`.${domain}`);
  if (!isWithin('kubernetes.io') && !isWithin('k8s.io')) return true;
  return WELL_KNOWN.has(label) || OPEN.some(isWithin);
}
