import { listAt, textAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { tryJson } from '../../../content/json.ts';
import {
  AGENT_HUB,
  AGENT_HUB_KEY,
  AGENT_NAME,
  AGENT_NAMESPACE,
  REGISTRY_SERVICE,
} from '../../desired/agent-names.ts';
import { type AgentSetting, agentObjects } from '../../desired/agent-objects.ts';
import type { HubDoor } from '../../desired/envelope.ts';
import type { ClusterName } from '../door/ports.ts';

const MAX_URLS = 500;

/** What of an agent is in a cluster already. */
export interface Installed {
  readonly hub: KubeObject | undefined;
  readonly deployment: KubeObject | undefined;
  readonly registry: KubeObject | undefined;
}

export const INSTALLED = {
  hub: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: AGENT_HUB, namespace: AGENT_NAMESPACE } },
  deployment: {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: AGENT_NAME, namespace: AGENT_NAMESPACE },
  },
  registry: {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: REGISTRY_SERVICE, namespace: AGENT_NAMESPACE },
  },
  /** Its UID tells clusters apart. */
  system: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } },
} as const;

/** The cluster that an agent is there for already, if that is another one. */
export function otherCluster({ hub }: Installed, { project, name }: ClusterName): string | undefined {
  const text = textAt(hub, 'data', AGENT_HUB_KEY);
  if (text === undefined) return undefined;
  const value = tryJson(text);
  const [otherProject = '', otherName = ''] = [
    textAt(value, 'cluster', 'project'),
    textAt(value, 'cluster', 'name'),
  ];
  return otherProject === project && otherName === name ? undefined : `${otherProject}/${otherName}`;
}

/**
 * Addresses of the hub that an agent is there for already, where that hub shares neither a key nor an authority with
 * this one: two hubs may have clusters of the same name.
 */
export function otherHub({ hub }: Installed, door: HubDoor): string | undefined {
  const text = textAt(hub, 'data', AGENT_HUB_KEY);
  if (text === undefined) return undefined;
  const value = tryJson(text);
  const known = [...listAt(value, 'keys'), ...listAt(value, 'authorities')];
  const own = new Set<unknown>([...door.keys, ...door.authorities]);
  if (known.some((one) => own.has(one))) return undefined;
  return listAt(value, 'urls').join(' ').slice(0, MAX_URLS);
}

/**
 * What is to be applied. A Deployment that is there stays: its agent upgrades itself, and must not be taken back. A
 * registry's Service that is somebody else's stays too: it is the platform's own cluster.
 */
export function objectsToPush(setting: AgentSetting, installed: Installed): KubeObject[] {
  const isOurs =
    installed.registry === undefined ||
    textAt(installed.registry, 'metadata', 'labels', 'app.kubernetes.io/name') === AGENT_NAME;
  const objects = agentObjects({ ...setting, registry: isOurs ? setting.registry : undefined });
  return installed.deployment === undefined
    ? objects
    : objects.filter(({ kind }) => kind !== INSTALLED.deployment.kind);
}
