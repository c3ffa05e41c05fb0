import { z } from 'zod';
import { execInMachine, listMachines } from '../../machines/machine.ts';
import type { MachineSite } from '../../machines/site.ts';

const PKI = '/etc/kubernetes/pki';
const Nodes = z.looseObject({
  items: z.array(
    z.looseObject({
      metadata: z.looseObject({ name: z.string() }),
      spec: z.looseObject({ providerID: z.string().optional() }),
      status: z.looseObject({
        conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })),
      }),
    }),
  ),
});

export interface NodeSeen {
  readonly name: string;
  readonly providerId: string | undefined;
  readonly isReady: boolean;
}

/** A cluster that was made, looked at from one of its own control planes as its administrator. */
export class Inside {
  readonly #machines: MachineSite;
  readonly #name: string;
  readonly #endpoint: string;

  /** `endpoint` as `10.20.0.5:6443`; the names of the cluster's machines have `name` and a dash. */
  constructor(machines: MachineSite, name: string, endpoint: string) {
    this.#machines = machines;
    this.#name = name;
    this.#endpoint = endpoint;
  }

  /** The answer of its API server to a GET. */
  async get(path: string): Promise<unknown> {
    const machines = await listMachines(this.#machines);
    const first = machines.find(
      ({ name, isOn }) => isOn && name.includes(`${this.#name}-`) && !name.includes('workers'),
    );
    if (first === undefined) throw new Error(`no control plane of ${this.#name} is on`);
    const text = await execInMachine(this.#machines, first.id, 'curl', [
      ...['--silent', '--fail', '--cacert', `${PKI}/ca.crt`],
      ...['--cert', `${PKI}/apiserver-kubelet-client.crt`, '--key', `${PKI}/apiserver-kubelet-client.key`],
      `https://${this.#endpoint}${path}`,
    ]);
    return JSON.parse(text);
  }

  async nodes(): Promise<NodeSeen[]> {
    const { items } = Nodes.parse(await this.get('/api/v1/nodes'));
    return items.map(({ metadata, spec, status }) => ({
      name: metadata.name,
      providerId: spec.providerID,
      isReady: status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
    }));
  }
}
