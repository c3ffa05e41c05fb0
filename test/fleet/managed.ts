import { z } from 'zod';
import { Cluster as ClusterKind, ClusterSpec, ClusterStatus } from '../../platform/api/cluster.ts';
import type { CustomResource } from '../../platform/api/custom-resource.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { until } from './until.ts';

const ClusterObject = z.looseObject({
  metadata: z.looseObject({ name: z.string(), generation: z.int() }),
  spec: ClusterSpec,
  status: ClusterStatus.optional(),
});
export type ClusterObject = z.infer<typeof ClusterObject>;

export function pathOf({ group, version, plural }: CustomResource, project: string, name = ''): string {
  return `/apis/${group}/${version}/namespaces/${project}/${plural}${name === '' ? '' : `/${name}`}`;
}

/** What goes on besides looking: files that are carried, where there is no wire. */
export type Carry = () => Promise<void>;

/** A managed cluster as the hub knows it, through the Kubernetes API. */
export class Managed {
  readonly #hub: Cluster;
  readonly #path: string;
  readonly name: string;

  constructor(hub: Cluster, project: string, name: string) {
    this.#hub = hub;
    this.#path = pathOf(ClusterKind, project, name);
    this.name = name;
  }

  async read(): Promise<ClusterObject | undefined> {
    const found = await this.#hub.api.get(this.#path);
    return found === undefined ? undefined : ClusterObject.parse(found);
  }

  async status(): Promise<ClusterStatus> {
    const status = (await this.read())?.status;
    if (status === undefined) throw new Error(`cluster ${this.name} has no status`);
    return status;
  }

  /** Changes the spec as kubectl patch does. */
  async patch(spec: object): Promise<void> {
    const { status, body } = await this.#hub.api.request(this.#path, {
      method: 'PATCH',
      body: { spec },
      contentType: 'application/merge-patch+json',
    });
    if (status >= 300) throw new Error(`patch of cluster ${this.name}: ${status} ${JSON.stringify(body)}`);
  }

  /** Waits until the hub says so of the cluster as it is asked for now. */
  async until(
    what: string,
    holds: (status: ClusterStatus) => boolean,
    { carry, limitMs }: { readonly carry?: Carry | undefined; readonly limitMs?: number } = {},
  ): Promise<ClusterStatus> {
    const look = async () => {
      const found = await this.read();
      return found?.status?.observedGeneration === found?.metadata.generation ? found?.status : undefined;
    };
    return await until(`${this.name}: ${what}`, look, { between: carry, holds, limitMs });
  }

  /** Waits until all that was asked for is there. */
  async untilReady(
    options: { readonly carry?: Carry | undefined; readonly limitMs?: number } = {},
  ): Promise<ClusterStatus> {
    const isReady = ({ phase, desired, applied }: ClusterStatus) =>
      phase === 'Ready' && desired !== undefined && applied?.number === desired.number;
    return await this.until('is ready', isReady, options);
  }
}
