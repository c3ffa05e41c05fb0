import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

export interface WorkloadAccess {
  readonly endpoint: string;
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

const NodeList = z.looseObject({
  items: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) })),
});

/** What EKS and its machines put into a cluster: the network's DaemonSet, and nodes. */
export class Workload {
  readonly #access: WorkloadAccess;
  readonly #now: () => Date;
  readonly #groups = new Map<string, readonly string[]>();

  constructor(access: WorkloadAccess, now: () => Date) {
    this.#access = access;
    this.#now = now;
  }

  /** Says of each node that it lives, as its kubelet would every ten seconds. */
  async beat(): Promise<void> {
    for (const name of [...this.#groups.values()].flat()) {
      await this.#apply(`/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}`, {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name, namespace: 'kube-node-lease' },
        spec: {
          holderIdentity: name,
          leaseDurationSeconds: 40,
          // Kubernetes wants microseconds.
          renewTime: this.#now().toISOString().replace('Z', '000Z'),
        },
      });
    }
  }

  /** The DaemonSet of the VPC network, which every EKS cluster has; here it runs nowhere. */
  async prepare(): Promise<void> {
    const labels = { 'k8s-app': 'aws-node' };
    await this.#apply('/apis/apps/v1/namespaces/kube-system/daemonsets/aws-node', {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'aws-node', namespace: 'kube-system', labels },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            nodeSelector: { 'skerry.test/nowhere': 'true' },
            containers: [{ name: 'aws-node', image: 'skerry.test/pause:1' }],
          },
        },
      },
    });
  }

  /**
   * One node for each instance of a group. Nothing may be placed on them, since no kubelet stands behind.
   */
  async setNodes(
    group: string,
    providerIds: readonly string[],
    labels: Record<string, string>,
  ): Promise<void> {
    const selector = encodeURIComponent(`skerry.test/group=${group.slice(-36)}`);
    const found = NodeList.parse(await this.#call('GET', `/api/v1/nodes?labelSelector=${selector}`));
    const wanted = new Map(providerIds.map((id) => [id.split('/').at(-1) ?? '', id]));
    this.#groups.set(group, [...wanted.keys()]);
    for (const { metadata } of found.items) {
      if (!wanted.has(metadata.name)) await this.#call('DELETE', `/api/v1/nodes/${metadata.name}`);
    }
    for (const [name, providerID] of wanted) {
      await this.#apply(`/api/v1/nodes/${name}`, {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name, labels: { ...labels, 'skerry.test/group': group.slice(-36) } },
        spec: {
          providerID,
          unschedulable: true,
          taints: [{ key: 'skerry.test/no-kubelet', effect: 'NoExecute' }],
        },
      });
      await this.#apply(`/api/v1/nodes/${name}/status`, {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name },
        status: { conditions: [{ type: 'Ready', status: 'True', reason: 'Test', message: '' }] },
      });
    }
    await this.beat();
  }

  async #apply(path: string, object: object): Promise<void> {
    await this.#call('PATCH', `${path}?fieldManager=eks&force=true`, object, 'application/apply-patch+yaml');
  }

  async #call(method: string, path: string, value?: object, type = 'application/json'): Promise<unknown> {
    const { endpoint, ca, certificate, key } = this.#access;
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
    const signal = AbortSignal.timeout(20_000);
    const sent = request(
      new URL(path, endpoint),
      { method, ca, cert: certificate, key, signal, headers: { 'content-type': type } },
      (response) => {
        text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
      },
    );
    sent.once('error', reject);
    sent.end(value === undefined ? undefined : JSON.stringify(value));
    const { status, body } = await promise;
    if (status >= 300 && status !== 404) throw new Error(`${method} ${path}: ${status} ${body}`);
    return JSON.parse(body);
  }
}
