import { z } from 'zod';
import { execInMachine, listMachines, type MachineView } from '../../machines/machine.ts';
import type { MachineSite } from '../../machines/site.ts';

const PKI = '/etc/kubernetes/pki';
const Nodes = z.looseObject({
  items: z.array(
    z.looseObject({
      metadata: z.looseObject({ name: z.string() }),
      spec: z.looseObject({ providerID: z.string().optional() }),
      status: z.looseObject({
        nodeInfo: z.looseObject({ kubeletVersion: z.string() }),
        addresses: z.array(z.looseObject({ type: z.string(), address: z.string() })).default([]),
        conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })),
      }),
    }),
  ),
});

const Members = z.object({
  members: z.array(
    z.object({ name: z.string().default('(not started)'), isLearner: z.boolean().default(false) }),
  ),
});

export interface NodeSeen {
  readonly name: string;
  readonly providerId: string | undefined;
  readonly isReady: boolean;
  /** Of its kubelet, as `v1.34.4`. */
  readonly version: string;
  readonly addresses: readonly string[];
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
    return await this.#ask(path, []);
  }

  /** Makes an object. */
  async post(path: string, object: object): Promise<void> {
    const type = ['--header', 'content-type: application/json'];
    await this.#ask(path, [...type, '--data', JSON.stringify(object)]);
  }

  async #ask(path: string, more: readonly string[]): Promise<unknown> {
    const [first] = (await this.machines()).filter(({ isOn, name }) => isOn && !name.includes('workers'));
    if (first === undefined) throw new Error(`no control plane of ${this.#name} is on`);
    const text = await execInMachine(this.#machines, first.id, 'curl', [
      ...['--silent', '--fail', '--max-time', '10', '--cacert', `${PKI}/ca.crt`],
      ...['--cert', `${PKI}/apiserver-kubelet-client.crt`, '--key', `${PKI}/apiserver-kubelet-client.key`],
      ...more,
      `https://${this.#endpoint}${path}`,
    ]);
    return JSON.parse(text);
  }

  /** All of its machines that there are, switched on or off. */
  async machines(): Promise<MachineView[]> {
    const all = await listMachines(this.#machines);
    return all.filter(({ name }) => name.includes(`${this.#name}-`));
  }

  /** Names of the members of its etcd, as the one of this machine knows them. */
  async etcdMembers(id: string): Promise<string[]> {
    const text = await execInMachine(this.#machines, id, 'curl', [
      ...['--silent', '--fail', '--max-time', '10', '--cacert', `${PKI}/etcd/ca.crt`],
      ...['--cert', `${PKI}/etcd/server.crt`, '--key', `${PKI}/etcd/server.key`, '--data', '{}'],
      'https://127.0.0.1:2379/v3/cluster/member/list',
    ]);
    return Members.parse(JSON.parse(text)).members.map(({ name, isLearner }) =>
      isLearner ? `${name} (learner)` : name,
    );
  }

  async nodes(): Promise<NodeSeen[]> {
    const { items } = Nodes.parse(await this.get('/api/v1/nodes'));
    return items.map(({ metadata, spec, status }) => ({
      name: metadata.name,
      providerId: spec.providerID,
      version: status.nodeInfo.kubeletVersion,
      addresses: status.addresses.filter(({ type }) => type === 'InternalIP').map(({ address }) => address),
      isReady: status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
    }));
  }
}
