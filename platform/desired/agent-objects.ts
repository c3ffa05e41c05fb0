import type { KubeObject } from '../../apply/object.ts';
import {
  AGENT_HUB,
  AGENT_HUB_KEY,
  AGENT_NAME,
  AGENT_TOKEN,
  AGENT_TOKEN_KEY,
  PROBE_PORT,
  REGISTRY_NODE_PORT,
  REGISTRY_PORT,
  REGISTRY_SERVICE,
} from './agent-names.ts';
import { agentRules, ownRules } from './agent-rules.ts';
import type { PolicyRule } from './permissions.ts';

export interface AgentSetting {
  readonly namespace: string;
  /** As nodes pull it, with its digest. */
  readonly image: string;
  /** Addresses of the hub's door for agents, and the certificates (PEM) of authorities that it is known by. */
  readonly urls: readonly string[];
  readonly authorities: readonly string[];
  /** Public keys (PEM) of the hub, for an agent that files are carried to before it has ever met its hub. */
  readonly keys?: readonly string[] | undefined;
  /** Absent for an agent that is enrolled already. */
  readonly token?: string | undefined;
  /** Where the nodes of this cluster reach the registry; absent where its Service is there already. */
  readonly registry?: { readonly ip: string; readonly port: number } | undefined;
  readonly cluster: { readonly project: string; readonly name: string };
  /** What its packs need beside what every agent needs: `rulesOf`. */
  readonly rules: readonly PolicyRule[];
  readonly version: string;
}

/**
 * Everything that makes an agent, in the order in which it is applied. The chart manifests/charts/agent renders the
 * same; a test compares the two.
 */
export function agentObjects(setting: AgentSetting): KubeObject[] {
  const { namespace, token, registry } = setting;
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: LABELS } },
    ...access(setting),
    configMap(setting),
    ...(token === undefined ? [] : [tokenSecret(namespace, token)]),
    ...(registry === undefined ? [] : registryAddress(namespace, registry)),
    deployment(setting),
  ];
}

const SELECTOR = { 'app.kubernetes.io/name': AGENT_NAME };
const LABELS = {
  ...SELECTOR,
  'app.kubernetes.io/part-of': 'skerry',
};
const RBAC = { apiGroup: 'rbac.authorization.k8s.io', version: 'rbac.authorization.k8s.io/v1' };

function access({ namespace, rules }: AgentSetting): KubeObject[] {
  const named = { name: AGENT_NAME, labels: LABELS };
  const subjects = [{ kind: 'ServiceAccount', name: AGENT_NAME, namespace }];
  const role = (kind: string) => ({ apiGroup: RBAC.apiGroup, kind, name: AGENT_NAME });
  const inNamespace = { ...named, namespace };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: inNamespace },
    { apiVersion: RBAC.version, kind: 'Role', metadata: inNamespace, rules: ownRules },
    {
      apiVersion: RBAC.version,
      kind: 'RoleBinding',
      metadata: inNamespace,
      roleRef: role('Role'),
      subjects,
    },
    { apiVersion: RBAC.version, kind: 'ClusterRole', metadata: named, rules: [...agentRules, ...rules] },
    {
      apiVersion: RBAC.version,
      kind: 'ClusterRoleBinding',
      metadata: named,
      roleRef: role('ClusterRole'),
      subjects,
    },
  ];
}

function configMap({
  namespace,
  urls,
  authorities,
  keys = [],
  cluster: { name, project },
}: AgentSetting): KubeObject {
  // In the order of the keys, as the chart writes it.
  const hub = JSON.stringify({ authorities, cluster: { name, project }, keys, urls });
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: AGENT_HUB, namespace, labels: LABELS },
    data: { [AGENT_HUB_KEY]: hub },
  };
}

function tokenSecret(namespace: string, token: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: AGENT_TOKEN, namespace, labels: LABELS },
    type: 'Opaque',
    data: { [AGENT_TOKEN_KEY]: Buffer.from(token).toString('base64') },
  };
}

// A Service without a selector and a slice made by hand: nodes pull from localhost, wherever the registry is.
function registryAddress(namespace: string, { ip, port }: { ip: string; port: number }): KubeObject[] {
  const name = 'registry';
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: REGISTRY_SERVICE, namespace, labels: LABELS },
      spec: {
        type: 'NodePort',
        ports: [
          {
            name,
            port: REGISTRY_PORT,
            targetPort: name,
            nodePort: REGISTRY_NODE_PORT,
            protocol: 'TCP',
          },
        ],
      },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `${REGISTRY_SERVICE}-hub`,
        namespace,
        labels: {
          ...LABELS,
          'kubernetes.io/service-name': REGISTRY_SERVICE,
          // Tells the control plane's own controllers that this slice is not theirs to tidy up.
          'endpointslice.kubernetes.io/managed-by': 'skerry',
        },
      },
      addressType: ip.includes(':') ? 'IPv6' : 'IPv4',
      endpoints: [{ addresses: [ip], conditions: { ready: true } }],
      ports: [{ name, port, protocol: 'TCP' }],
    },
  ];
}

function deployment({ namespace, image, version }: AgentSetting): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: AGENT_NAME, namespace, labels: LABELS },
    spec: {
      replicas: 1,
      selector: { matchLabels: SELECTOR },
      // The new agent must run before the old one goes; a Lease keeps the two apart.
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      progressDeadlineSeconds: 300,
      template: {
        metadata: { labels: { ...LABELS, 'app.kubernetes.io/version': version } },
        spec: {
          serviceAccountName: AGENT_NAME,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: 30,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 65532,
            runAsGroup: 65532,
            fsGroup: 65532,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          // It has to go on where a node is in trouble: that is what it reports.
          tolerations: [{ operator: 'Exists', effect: 'NoSchedule' }],
          containers: [container(image)],
          volumes: [
            { name: 'tmp', emptyDir: { sizeLimit: '512Mi' } },
            { name: 'hub', configMap: { name: AGENT_HUB } },
            { name: 'token', secret: { secretName: AGENT_TOKEN, optional: true } },
          ],
        },
      },
    },
  };
}

function container(image: string) {
  const probe = (path: string) => ({ httpGet: { path, port: 'probes' }, timeoutSeconds: 5 });
  return {
    name: 'agent',
    image,
    args: [
      'agent',
      '--hub=/etc/skerry/hub/hub.json',
      '--token=/etc/skerry/token/token',
      '--scratch=/tmp/skerry',
    ],
    env: [
      { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
      { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    ],
    ports: [{ name: 'probes', containerPort: PROBE_PORT }],
    startupProbe: { ...probe('/healthz'), periodSeconds: 1, failureThreshold: 120 },
    livenessProbe: { ...probe('/healthz'), periodSeconds: 10 },
    readinessProbe: { ...probe('/readyz'), periodSeconds: 5 },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    resources: { requests: { cpu: '20m', memory: '96Mi' }, limits: { memory: '512Mi' } },
    volumeMounts: [
      { name: 'tmp', mountPath: '/tmp' },
      { name: 'hub', mountPath: '/etc/skerry/hub', readOnly: true },
      { name: 'token', mountPath: '/etc/skerry/token', readOnly: true },
    ],
  };
}
