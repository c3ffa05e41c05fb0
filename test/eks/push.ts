import { inlineKubeconfig } from '../../apply/client/inline-kubeconfig.ts';
import { createKubeClient } from '../../apply/client/kube.ts';
import { createTransport } from '../../apply/client/transport.ts';
import { ScriptedApiServer } from '../../apply/testing/api-server.ts';
import { AGENT_NAMESPACE } from '../../platform/desired/agent-names.ts';
import { agentObjects } from '../../platform/desired/agent-objects.ts';
import { StoredInfraCluster } from '../../platform/infra/controllers/stored.ts';
import { installAgent } from '../../platform/infra/push/install-agent.ts';
import { forwardApi } from '../charts/api-forward.ts';
import type { Cluster } from '../cluster/cluster.ts';

export interface Pushed {
  /** The Secrets of the cluster in the gateway, as they are stored: its kubeconfig, its agent's token. */
  readonly secrets: readonly { readonly name: string; readonly data: Readonly<Record<string, string>> }[];
  readonly name: string;
  readonly namespace: string;
}

/**
 * Puts an agent into a cluster of EKS by the gateway's own code, with the kubeconfig that the provider leaves and nothing
 * else. The gateway is an API server in memory, for the one of this test stands behind EKS.
 */
export async function pushAgent(cluster: Cluster, { secrets, name, namespace }: Pushed): Promise<void> {
  const gateway = await ScriptedApiServer.start();
  const forward = await forwardApi(cluster);
  try {
    const own = agentObjects({
      ...{ namespace: AGENT_NAMESPACE, image: 'registry.skerry.example/agent:0.1.0', version: '0.1.0' },
      ...{ urls: ['https://hub.skerry.example:8444'], authorities: [], keys: [], rules: [] },
      cluster: { project: 'harbour', name: 'gateway' },
    });
    gateway.put(
      ...own.filter(({ kind }) => kind !== 'Namespace'),
      ...secrets.map(({ name, data }) => ({
        ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace } },
        data: { ...data },
      })),
    );
    const site = StoredInfraCluster.parse({
      metadata: { name, namespace, uid: `uid-${name}` },
      spec: {
        origin: { project: 'harbour', name, id: `id-of-${name}` },
        account: { namespace, name: 'tenant' },
        enrollment: { name: `${name}.enrollment` },
      },
    });
    // The address of EKS is in the island; all else is as the provider wrote it.
    const connect = (text: string, subject: string) => {
      const server = { ...inlineKubeconfig(text, subject), url: forward.url };
      return createKubeClient(createTransport(server), { fieldManager: 'skerry-infra' });
    };
    await installAgent({ client: gateway.client() }, site, AbortSignal.timeout(60_000), connect);
  } finally {
    forward.close();
    await gateway.close();
  }
}
