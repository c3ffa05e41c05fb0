import { z } from 'zod';
import type { KubeClient } from '../../../apply/client/client.ts';
import { inlineKubeconfig } from '../../../apply/client/inline-kubeconfig.ts';
import { createKubeClient } from '../../../apply/client/kube.ts';
import { createTransport } from '../../../apply/client/transport.ts';
import { listAt, textAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { tryJson } from '../../../content/json.ts';
import { AGENT_HUB_KEY, AGENT_NAME, AGENT_NAMESPACE } from '../../desired/agent-names.ts';
import type { AgentSetting } from '../../desired/agent-objects.ts';
import { platformError } from '../../errors.ts';
import { INSTALLED, objectsToPush, otherCluster } from '../../hub/enroll/push-plan.ts';
import type { StoredInfraCluster } from '../controllers/stored.ts';
import type { InfraWorld } from '../controllers/world.ts';
import { infraError } from '../errors.ts';

const FIELD_MANAGER = 'skerry-infra';
const TIMEOUT_MS = 15_000;

const Door = z.object({
  urls: z.array(z.string()),
  authorities: z.array(z.string()),
  keys: z.array(z.string()).optional(),
});
/** What the new agent may do beside what every agent may: put beside the token by the hub, which knows its packs. */
const Rules = z.array(
  z.object({
    apiGroups: z.array(z.string()),
    resources: z.array(z.string()),
    verbs: z.array(z.string()),
    resourceNames: z.array(z.string()).optional(),
  }),
);

/**
 * Puts an agent like the gateway's own into a cluster that was made, with its one-use token. Throws AGENT_NOT_PUSHABLE,
 * AGENT_OF_ANOTHER_CLUSTER, and the CLUSTER_ codes while the cluster does not answer.
 */
export async function installAgent(
  world: Pick<InfraWorld, 'client'>,
  cluster: StoredInfraCluster,
  signal: AbortSignal,
  connect = connectInline,
): Promise<void> {
  const { project, name } = cluster.spec.origin;
  const kubeconfig = await secretText(world, cluster, `${cluster.metadata.name}-kubeconfig`, 'value', signal);
  const subject = `${cluster.metadata.name}-kubeconfig`;
  if (kubeconfig === undefined) throw infraError('AGENT_NOT_PUSHABLE', { subject, detail: 'no such Secret' });
  const target = connect(kubeconfig, subject);
  const read = async (reference: (typeof INSTALLED)[keyof typeof INSTALLED]) =>
    await target.get(reference, { signal, timeoutMs: TIMEOUT_MS });
  const installed = {
    hub: await read(INSTALLED.hub),
    deployment: await read(INSTALLED.deployment),
    registry: await read(INSTALLED.registry),
  };
  const other = otherCluster(installed, { project, name });
  if (other !== undefined)
    throw platformError('AGENT_OF_ANOTHER_CLUSTER', { subject: `${project}/${name}`, detail: other });
  const setting = await settingLikeOwn(world, cluster, signal);
  for (const object of objectsToPush(setting, installed)) await target.apply(object, { force: true, signal });
}

function connectInline(kubeconfig: string, subject: string): Pick<KubeClient, 'get' | 'apply'> {
  const transport = createTransport(inlineKubeconfig(kubeconfig, subject), { attempts: 2 });
  return createKubeClient(transport, { fieldManager: FIELD_MANAGER });
}

/** Hub, image and registry as the agent of this gateway has them; the cluster is at the same site. */
async function settingLikeOwn(
  world: Pick<InfraWorld, 'client'>,
  { metadata, spec }: StoredInfraCluster,
  signal: AbortSignal,
): Promise<AgentSetting> {
  const { client } = world;
  const hub = await client.get(INSTALLED.hub, { signal });
  const deployment = await client.get(INSTALLED.deployment, { signal });
  const door = Door.safeParse(tryJson(textAt(hub, 'data', AGENT_HUB_KEY) ?? '')).data;
  const [container] = listAt(deployment, 'spec', 'template', 'spec', 'containers');
  const image = textAt(container, 'image');
  const version = textAt(deployment, 'spec', 'template', 'metadata', 'labels', 'app.kubernetes.io/version');
  if (door === undefined || image === undefined)
    throw infraError('AGENT_NOT_PUSHABLE', {
      subject: metadata.name,
      detail: "the gateway's own agent is not there",
    });
  const enrollment = spec.enrollment?.name;
  const secret = { metadata: { ...metadata, name: metadata.name } };
  const text = async (key: string) =>
    enrollment === undefined ? undefined : await secretText(world, secret, enrollment, key, signal);
  return {
    namespace: AGENT_NAMESPACE,
    image,
    version: version ?? '',
    ...{ urls: door.urls, authorities: door.authorities, keys: door.keys },
    token: await text('token'),
    registry: registryOf(await client.list(SLICES, { signal })),
    cluster: { project: spec.origin.project, name: spec.origin.name },
    rules: Rules.safeParse(tryJson((await text('rules')) ?? '')).data ?? [],
  };
}

// The agent's own: in the hub's own cluster it belongs to no Service, and that of the registry leads to its pod.
const SLICES = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  namespace: AGENT_NAMESPACE,
  labelSelector: `app.kubernetes.io/name=${AGENT_NAME}`,
};

function registryOf({ items }: { readonly items: readonly KubeObject[] }) {
  for (const slice of items) {
    const [endpoint] = listAt(slice, 'endpoints');
    const [ip] = listAt(endpoint, 'addresses');
    const [port] = listAt(slice, 'ports');
    const number = typeof port === 'object' && port !== null && 'port' in port ? port.port : undefined;
    if (typeof ip === 'string' && typeof number === 'number') return { ip, port: number };
  }
  return undefined;
}

async function secretText(
  { client }: Pick<InfraWorld, 'client'>,
  { metadata: { namespace } }: Pick<StoredInfraCluster, 'metadata'>,
  name: string,
  key: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const secret = await client.get(
    { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name } },
    { signal },
  );
  const data = textAt(secret, 'data', key);
  return data === undefined ? undefined : Buffer.from(data, 'base64').toString();
}
