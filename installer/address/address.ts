import type { KubeObject } from '../../apply/object.ts';
import {
  LABELS,
  NAMESPACE,
  REGISTRY_NODE_PORT,
  REGISTRY_PORT,
  REGISTRY_SERVICE,
  WORKSTATION_SLICE,
} from '../names.ts';
import { marked } from '../record/mark.ts';

/** Where the bundle is served: an IP address and port that the nodes can reach. */
export interface Endpoint {
  readonly ip: string;
  readonly port: number;
}

const PORT_NAME = 'registry';

/**
 * The Service that is the registry's one address. Without a selector it leads where a hand-made EndpointSlice says;
 * with one, to the registry's pods. Its NodePort, and so every image reference, stays the same.
 */
export function registryService(id: string, selector?: Readonly<Record<string, string>>): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: REGISTRY_SERVICE, namespace: NAMESPACE, labels: marked(id) },
    spec: {
      type: 'NodePort',
      ports: [
        {
          name: PORT_NAME,
          port: REGISTRY_PORT,
          targetPort: PORT_NAME,
          nodePort: REGISTRY_NODE_PORT,
          protocol: 'TCP',
        },
      ],
      ...(selector === undefined ? {} : { selector }),
    },
  };
}

/** Where the Service leads while it has no selector. */
export function workstationSlice(endpoint: Endpoint, id: string): KubeObject {
  return endpointSlice(endpoint, {
    name: WORKSTATION_SLICE,
    namespace: NAMESPACE,
    service: REGISTRY_SERVICE,
    labels: marked(id),
  });
}

export function endpointSlice(
  { ip, port }: Endpoint,
  to: { name: string; namespace: string; service: string; labels?: Readonly<Record<string, string>> },
): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: to.name,
      namespace: to.namespace,
      labels: {
        ...(to.labels ?? LABELS),
        'kubernetes.io/service-name': to.service,
        // Tells the control plane's own controllers that this slice is not theirs to tidy up.
        'endpointslice.kubernetes.io/managed-by': 'skerry',
      },
    },
    addressType: ip.includes(':') ? 'IPv6' : 'IPv4',
    endpoints: [{ addresses: [ip], conditions: { ready: true } }],
    ports: [{ name: PORT_NAME, port, protocol: 'TCP' }],
  };
}
