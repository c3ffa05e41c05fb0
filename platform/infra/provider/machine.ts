import type { MachineShape } from '../api/skerry-machine.ts';

/**
 * By what a machine in a cloud is known as ours. It is kept with the machine, in the way of the cloud (extra
 * configuration, metadata, tags, `extra`), written with the same call that makes it, and is the only truth: no id of a
 * task or a call is kept anywhere.
 */
export interface MachineMark {
  /** ClusterOrigin.id. */
  readonly clusterId: string;
  /** `PROJECT/NAME` of the cluster, for people. */
  readonly cluster: string;
  /** Name of the SkerryMachine. */
  readonly machine: string;
  /** The ID of its providerID: the key of idempotency. */
  readonly id: string;
}

/** An address of a pool that a machine takes; the provider puts it into the network configuration. */
export interface StaticAddress {
  readonly address: string;
  readonly prefix: number;
  readonly gateway: string | undefined;
  readonly dns: readonly string[];
  readonly search: readonly string[];
}

/** What a machine is to be. */
export interface WantedMachine {
  readonly mark: MachineMark;
  readonly shape: MachineShape;
  /** As cloud-init takes it, from Cluster API's bootstrap Secret. */
  readonly userData: string;
  readonly address: StaticAddress | undefined;
  /** An address that this machine may take besides its own: the endpoint of the control plane, on its machines. */
  readonly virtualAddress?: string | undefined;
}

/** The addresses that a machine is made with: its own, and that of its control plane's endpoint. */
export function givenAddresses({
  address,
  virtualAddress,
}: Pick<WantedMachine, 'address' | 'virtualAddress'>): string[] {
  return [address?.address, virtualAddress].filter((one) => one !== undefined);
}

/** What a cloud shows of a machine. */
export type ObservedMachine =
  | { readonly state: 'absent' }
  /** Something of that name or key which does not carry our mark: nothing may be done to it. */
  | { readonly state: 'foreign'; readonly detail: string }
  /** No machine, but something with our mark that belongs to it: a port, a disk. `create` takes it up, `delete` away. */
  | { readonly state: 'remains'; readonly detail: string }
  | {
      readonly state: 'present';
      /** In the words of the cloud: moref, server id, node UUID. */
      readonly reference: string;
      /** Whether all is there that makes it boot as wanted; false after a crash between making and configuring. */
      readonly isComplete: boolean;
      /** `changing`: the cloud is at it, and is to be asked again. */
      readonly power: 'on' | 'off' | 'changing';
      /** Undefined where the cloud is never told: that of a machine on bare metal that asks a DHCP server of the site. */
      readonly addresses: readonly string[] | undefined;
      /** The cloud itself says that the machine failed. */
      readonly failure: string | undefined;
    };

/** A machine with our mark, found by looking through the cloud. */
export interface OwnedMachine {
  readonly mark: MachineMark;
  readonly name: string;
  readonly reference: string;
  /** What it has, and what it was given (givenAddresses) also while it is off. */
  readonly addresses: readonly string[];
}

/** One step towards what is wanted; each is safe to repeat, and begins by nothing but what was observed. */
export type MachineStep = 'create' | 'configure' | 'power-on' | 'power-off' | 'delete';
