import type { StaticAddress, WantedMachine } from '../provider/machine.ts';
import type { CloudProvider } from '../provider/provider.ts';

/** A machine as an administrator of the cloud sees it. */
export interface SeenMachine {
  readonly name: string;
  readonly reference: string;
  readonly isOn: boolean;
}

/**
 * A cloud to run describeProvider against: a real one, or what stands for it. What a cloud can't do is left out, and the
 * tests that need it are skipped. On bare metal only nodes that were taken count as machines.
 */
export interface ProviderBench {
  /** A provider with a session of its own, as a second controller has one. */
  open(): CloudProvider;
  /** A machine that can be made there, with an id of its own (a UUID). `name` is at most 20 characters. */
  machine(name: string): WantedMachine;
  /** All machines that there are, those of others too. */
  inventory(): Promise<readonly SeenMachine[]>;
  /** By hand, past the provider. */
  switchOff?(machine: WantedMachine): Promise<void>;
  remove?(machine: WantedMachine): Promise<void>;
  /** A machine of that name, not ours and off. */
  putStranger?(name: string): Promise<void>;
  /** Takes our mark off a machine. */
  unmark?(machine: WantedMachine): Promise<void>;
  /** The machine as a crash in the midst of `create` leaves it. */
  leaveHalf?(machine: WantedMachine): Promise<void>;
  /** Ends all sessions of the account, as an administrator or the passing of time does. */
  endSessions?(): Promise<void>;
  /** Whether the cloud takes the credentials, from now on; sessions that are open end. */
  refuseCredentials?(isRefused: boolean): Promise<void>;
  /** Whether the cloud is out of reach, from now on. */
  goAway?(isAway: boolean): Promise<void>;
  /** An address that a machine may be made with. */
  readonly address?: StaticAddress | undefined;
  /** How many seeds the random runs take; 5 when absent. */
  readonly seeds?: number | undefined;
  /** Between two looks at a machine that the cloud is at, in milliseconds; 20 when absent. */
  readonly pauseMs?: number | undefined;
  close(): Promise<void>;
}
