import type { RequirementGroup } from './host.ts';

/** How kube-proxy carries Services. Only iptables answers NodePorts on 127.0.0.1. */
export const proxyModes = ['iptables', 'nftables'] as const;
export type ProxyMode = (typeof proxyModes)[number];

export function isProxyMode(text: string): text is ProxyMode {
  return proxyModes.some((mode) => mode === text);
}

/** What the machine needs for a cluster with kube-proxy in this mode. */
export function hostGroups(mode: ProxyMode = 'iptables'): RequirementGroup[] {
  return ['cluster', 'build', ...(mode === 'nftables' ? (['nftables'] as const) : [])];
}
