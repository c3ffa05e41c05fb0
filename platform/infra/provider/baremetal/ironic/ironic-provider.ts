import { setTimeout as sleep } from 'node:timers/promises';
import type { MachineShape } from '../../../api/skerry-machine.ts';
import { infraError } from '../../../errors.ts';
import type {
  MachineMark,
  MachineStep,
  ObservedMachine,
  OwnedMachine,
  WantedMachine,
} from '../../machine.ts';
import type { CloudProvider, Finding, Preparation, Verification } from '../../provider.ts';
import { configDrive } from '../config-drive.ts';
import { type Claim, isSameMark, readClaim, writeClaim } from '../mark.ts';
import { BareMetalPlacement } from '../placement.ts';
import { type IronicSettings, type NodeImage, narrow } from '../settings.ts';
import { chooseNodes } from './choose-nodes.ts';
import { type BmcLogin, enrollNodes } from './enroll.ts';
import type { IronicClient } from './ironic-client.ts';
import type { Allocation, Node } from './ironic-records.ts';
import { nodeFindings, shapeFindings } from './node-findings.ts';
import { nodeReport } from './node-report.ts';
import { deployInterface, instanceInfo, isBusy, machineOf } from './node-state.ts';

/** How long a step waits for Ironic before it leaves the rest to the next look. */
const STEP_MS = 60_000;
/** Ironic decides within seconds; on a busy database it may forget to (findings/ironic-allocation-undecided.sh). */
const CLAIM_MS = 30_000;
const POLL_MS = 500;
const FREE = 'associated=false&provision_state=available&maintenance=false';

/** What is known of a machine's claim. */
type Claimed =
  | { readonly kind: 'none' }
  | { readonly kind: 'foreign'; readonly detail: string }
  | { readonly kind: 'pending' | 'refused'; readonly allocation: Allocation }
  | { readonly kind: 'node'; readonly node: Node; readonly claim: Claim };

/**
 * Machines are nodes of Ironic that were claimed. The claim is an allocation whose UUID is the machine's ID: Ironic itself
 * keeps it unique, gives each node to one of them under its own lock, and takes it away as the node is torn down. The
 * mark is the allocation's `extra`. Nodes are never deleted, and those of other allocations never touched.
 */
export class IronicProvider implements CloudProvider {
  readonly #ironic: IronicClient;
  readonly #settings: IronicSettings;
  readonly #bmcs: BmcLogin;
  readonly #claimMs: number;

  /** `claimMs`: how long Ironic may think about which node is given. */
  constructor(ironic: IronicClient, settings: IronicSettings, bmcs: BmcLogin, claimMs = CLAIM_MS) {
    this.#ironic = ironic;
    this.#settings = settings;
    this.#bmcs = bmcs;
    this.#claimMs = claimMs;
  }

  async verify(signal: AbortSignal): Promise<Verification> {
    const nodes = await this.#ironic.nodes('sort_key=uuid', signal);
    return { findings: nodeFindings(nodes), capabilities: ['static-addresses'], sessions: 0 };
  }

  async prepare(signal: AbortSignal): Promise<Preparation> {
    return await enrollNodes(this.#ironic, this.#settings, this.#bmcs, signal);
  }

  async preflight(
    shapes: readonly { shape: MachineShape; count: number }[],
    signal: AbortSignal,
  ): Promise<readonly Finding[]> {
    const free = await this.#ironic.nodes(FREE, signal);
    return shapeFindings(shapes, free, this.#settings.images);
  }

  async observe(mark: MachineMark, shape: MachineShape, signal: AbortSignal): Promise<ObservedMachine> {
    const claimed = await this.#claimed(mark, signal);
    if (claimed.kind === 'foreign') return { state: 'foreign', detail: claimed.detail };
    if (claimed.kind === 'none') return { state: 'absent' };
    if (claimed.kind !== 'node')
      return { state: 'remains', detail: claimed.allocation.last_error ?? 'an allocation without a node' };
    const { address } = claimed.claim;
    const addresses = address === undefined ? undefined : [address];
    return machineOf(claimed.node, this.#image(shape), addresses);
  }

  async act(step: MachineStep, machine: WantedMachine, signal: AbortSignal): Promise<void> {
    await {
      create: () => this.#create(machine, signal),
      configure: () => this.#configure(machine, signal),
      'power-on': () => this.#powerOn(machine, signal),
      'power-off': () => this.#powerOff(machine, signal),
      delete: () => this.#release(machine, signal),
    }[step]();
  }

  async listOwned(signal: AbortSignal): Promise<readonly OwnedMachine[]> {
    const allocations = await this.#ironic.allocations(signal);
    return allocations.flatMap(({ uuid, extra, node_uuid }) => {
      const claim = readClaim(extra);
      if (claim === undefined || claim.mark.id !== uuid || typeof node_uuid !== 'string') return [];
      const addresses = [claim.address, claim.endpoint].filter((one) => one !== undefined);
      return [{ mark: claim.mark, name: claim.mark.machine, reference: node_uuid, addresses }];
    });
  }

  async console(mark: MachineMark, signal: AbortSignal): Promise<string | undefined> {
    const claimed = await this.#claimed(mark, signal);
    if (claimed.kind !== 'node') return undefined;
    const { uuid } = claimed.node;
    const [node, history] = [
      await this.#ironic.nodeDetail(uuid, signal),
      await this.#ironic.history(uuid, signal),
    ];
    return node === undefined ? undefined : nodeReport(node, history);
  }

  async close(): Promise<void> {
    await this.#ironic.close();
  }

  async #create(machine: WantedMachine, signal: AbortSignal): Promise<void> {
    this.#imageOf(machine);
    const { mark, shape } = machine;
    const before = await this.#claimed(mark, signal);
    this.#refuseForeign(mark, before);
    // What could not be given is asked for again from scratch: nodes may have become free.
    if (before.kind === 'refused') await this.#ironic.deallocate(mark.id, signal);
    if (before.kind === 'none' || before.kind === 'refused') await this.#allocate(machine, signal);
    const isDecided = ({ kind }: Claimed) => kind !== 'pending' && kind !== 'none';
    const claimed = await this.#until(mark, isDecided, signal, this.#claimMs);
    this.#refuseForeign(mark, claimed);
    if (claimed.kind === 'pending') {
      // What Ironic never decides would hold the machine up for good; a node that is given just now is given back.
      await this.#ironic.deallocate(mark.id, signal);
      const detail = 'no node was allocated in time; the allocation was taken back';
      throw infraError('CLOUD_REQUEST_FAILED', { subject: mark.machine, detail });
    }
    if (claimed.kind === 'refused') {
      await this.#ironic.deallocate(mark.id, signal);
      throw noMachineLeft(mark, shape, claimed.allocation.last_error ?? undefined);
    }
    if (claimed.kind === 'node' && claimed.node.provision_state === 'available')
      await this.#configureNode(claimed.node, machine, signal);
  }

  async #allocate(machine: WantedMachine, signal: AbortSignal): Promise<void> {
    const { mark, shape } = machine;
    const placement = narrow(BareMetalPlacement, shape.placement ?? {}, 'placement');
    const choice = chooseNodes(await this.#ironic.nodes(FREE, signal), shape, placement);
    if (choice === undefined) throw noMachineLeft(mark, shape, undefined);
    await this.#ironic.allocate(
      {
        uuid: mark.id,
        resource_class: choice.resourceClass,
        candidate_nodes: choice.nodes,
        traits: placement.traits ?? [],
        extra: writeClaim(machine),
      },
      signal,
    );
  }

  async #configure(machine: WantedMachine, signal: AbortSignal): Promise<void> {
    const node = await this.#node(machine.mark, signal);
    if (node.provision_state === 'available') await this.#configureNode(node, machine, signal);
  }

  async #configureNode(node: Node, machine: WantedMachine, signal: AbortSignal): Promise<void> {
    const image = this.#imageOf(machine);
    const deploy = deployInterface(node, image);
    const values = {
      ...(deploy === undefined ? {} : { '/deploy_interface': deploy }),
      ...Object.fromEntries(
        Object.entries(instanceInfo(image)).map(([name, value]) => [`/instance_info/${name}`, value]),
      ),
    };
    const patch = Object.entries(values).map(([path, value]) => ({ op: 'add' as const, path, value }));
    await this.#ironic.patchNode(node.uuid, patch, signal);
  }

  async #powerOn(machine: WantedMachine, signal: AbortSignal): Promise<void> {
    const node = await this.#node(machine.mark, signal);
    if (isBusy(node)) return;
    if (node.provision_state === 'available') {
      const configdrive = configDrive(machine, await this.#macFor(node, machine, signal));
      await this.#ironic.provision(node.uuid, { target: 'active', configdrive }, signal);
    } else if (node.power_state !== 'power on') await this.#ironic.power(node.uuid, 'power on', signal);
    await this.#until(machine.mark, (now) => now.kind !== 'node' || !isBusy(now.node), signal);
  }

  async #macFor({ uuid }: Node, { address, mark }: WantedMachine, signal: AbortSignal) {
    if (address === undefined) return undefined;
    const ports = await this.#ironic.ports(uuid, signal);
    const port = ports.find(({ pxe_enabled }) => pxe_enabled === true) ?? ports[0];
    if (port !== undefined) return port.address;
    const detail = `node ${uuid} has no port, so no interface can be told to take ${address.address}`;
    throw infraError('NETWORK_UNKNOWN', { subject: mark.machine, detail });
  }

  async #powerOff({ mark }: WantedMachine, signal: AbortSignal): Promise<void> {
    const claimed = await this.#claimed(mark, signal);
    this.#refuseForeign(mark, claimed);
    if (claimed.kind !== 'node' || isBusy(claimed.node) || claimed.node.provision_state === 'available')
      return;
    await this.#ironic.power(claimed.node.uuid, 'power off', signal);
    await this.#until(mark, (now) => now.kind !== 'node' || !isBusy(now.node), signal);
  }

  async #release({ mark }: WantedMachine, signal: AbortSignal): Promise<void> {
    const claimed = await this.#claimed(mark, signal);
    if (claimed.kind === 'none') return;
    this.#refuseForeign(mark, claimed);
    if (claimed.kind !== 'node') return await this.#ironic.deallocate(mark.id, signal);
    const { node } = claimed;
    if (node.provision_state === 'available') {
      // Ironic takes instance_info away as it tears down, but nothing was deployed yet.
      await this.#ironic.patchNode(node.uuid, [{ op: 'add', path: '/instance_info', value: {} }], signal);
      return await this.#ironic.deallocate(mark.id, signal);
    }
    if (!isBusy(node) || node.provision_state === 'wait call-back')
      await this.#ironic.provision(node.uuid, { target: 'deleted' }, signal);
    await this.#until(mark, ({ kind }) => kind === 'none', signal);
  }

  /** Looks again until it is so, or time is up: then the next look goes on. */
  async #until(
    mark: MachineMark,
    isSo: (now: Claimed) => boolean,
    signal: AbortSignal,
    ms = STEP_MS,
  ): Promise<Claimed> {
    const end = performance.now() + ms;
    for (;;) {
      const now = await this.#claimed(mark, signal);
      if (isSo(now) || performance.now() > end) return now;
      await sleep(POLL_MS, undefined, { signal });
    }
  }

  async #claimed(mark: MachineMark, signal: AbortSignal): Promise<Claimed> {
    const allocation = await this.#ironic.allocation(mark.id, signal);
    if (allocation === undefined) return await this.#unclaimed(mark, signal);
    const claim = readClaim(allocation.extra);
    if (claim === undefined || !isSameMark(claim.mark, mark))
      return { kind: 'foreign', detail: `allocation ${mark.id} does not carry the mark` };
    if (allocation.state === 'error') return { kind: 'refused', allocation };
    const node =
      typeof allocation.node_uuid === 'string'
        ? await this.#ironic.node(allocation.node_uuid, signal)
        : undefined;
    // A node of another instance was given away between the two looks.
    if (node?.instance_uuid !== mark.id) return { kind: 'pending', allocation };
    return { kind: 'node', node, claim };
  }

  async #unclaimed(mark: MachineMark, signal: AbortSignal): Promise<Claimed> {
    const [node] = await this.#ironic.nodes(`instance_uuid=${encodeURIComponent(mark.id)}`, signal);
    if (node === undefined) return { kind: 'none' };
    return {
      kind: 'foreign',
      detail: `node ${node.name ?? node.uuid} has its UUID, but no allocation of ours`,
    };
  }

  async #node(mark: MachineMark, signal: AbortSignal): Promise<Node> {
    const claimed = await this.#claimed(mark, signal);
    this.#refuseForeign(mark, claimed);
    if (claimed.kind === 'node') return claimed.node;
    throw infraError('MACHINE_VANISHED', { subject: mark.machine, detail: 'no node is allocated to it' });
  }

  #refuseForeign(mark: MachineMark, claimed: Claimed): void {
    if (claimed.kind === 'foreign')
      throw infraError('MACHINE_NOT_OURS', { subject: mark.machine, detail: claimed.detail });
  }

  #image({ template }: MachineShape): NodeImage | undefined {
    return template !== undefined && Object.hasOwn(this.#settings.images, template)
      ? this.#settings.images[template]
      : undefined;
  }

  #imageOf({ shape }: WantedMachine): NodeImage {
    const image = this.#image(shape);
    if (image !== undefined) return image;
    throw infraError('TEMPLATE_UNKNOWN', {
      subject: shape.template ?? 'no template',
      detail: 'settings.images of the account has no such name',
    });
  }
}

function noMachineLeft(mark: MachineMark, shape: MachineShape, detail: string | undefined) {
  const wanted = shape.flavor ?? [shape.cpus, shape.memoryMiB, shape.diskGiB].filter(Boolean).join('/');
  return infraError('NO_MACHINE_LEFT', {
    subject: mark.machine,
    detail: detail ?? `no available node suits ${wanted === '' ? 'it' : wanted}`,
  });
}
