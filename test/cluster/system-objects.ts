import type { AddressPlan } from './network/address.ts';

/** Cluster DNS as an ordinary Service; CoreDNS itself is a process of the node, for there is no registry yet to pull it from. */
export function dnsObjects(plan: AddressPlan): object[] {
  const metadata = { name: 'kube-dns', namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } };
  const ports = [
    { name: 'dns', port: 53, protocol: 'UDP' },
    { name: 'dns-tcp', port: 53, protocol: 'TCP' },
  ];
  return [
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { clusterIP: plan.dns, ports } },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels: { ...metadata.labels, 'kubernetes.io/service-name': 'kube-dns' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [plan.node], conditions: { ready: true } }],
      ports,
    },
  ];
}
