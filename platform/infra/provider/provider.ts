import type { JsonObject } from '../../../apply/json.ts';
import type { CloudType } from '../../api/cloud-account.ts';
import type { SkerryAccountSpec } from '../api/skerry-account.ts';
import type { MachineShape } from '../api/skerry-machine.ts';
import type { MachineMark, MachineStep, ObservedMachine, OwnedMachine, WantedMachine } from './machine.ts';
import type { PlacementFinding } from './placement-findings.ts';

/** What is missing in a cloud before something can be made there; data, so that it can be shown as it is. */
export interface Finding {
  /** A code of platform/infra/errors.ts: TEMPLATE_UNKNOWN, NETWORK_UNKNOWN, QUOTA_EXCEEDED, CLOUD_PERMISSION_MISSING. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  /** What it is about, as `template skerry-node-1.34.4`. */
  readonly subject: string;
  readonly detail: string | undefined;
}

export interface Preparation {
  /** What is in the way. */
  readonly findings: readonly Finding[];
  /** Whether another look soon finds more to do. */
  readonly isUnderWay: boolean;
}

export interface Verification {
  readonly findings: readonly Finding[];
  /** What this cloud can do, as `console-log`, `static-addresses`. */
  readonly capabilities: readonly string[];
  readonly sessions: number;
}

/**
 * One account of one cloud. All of its calls share one session and one limit of requests, take a signal and have a time
 * limit of their own. Throws errors of platform/infra/errors.ts, in which credentials never stand: CREDENTIALS_REFUSED,
 * CLOUD_UNREACHABLE, CLOUD_CERTIFICATE_CHANGED say that nothing is known of any machine; it is then neither judged nor
 * made again.
 */
export interface CloudProvider {
  /** Whether the credentials hold, and what of the account is missing. Changes nothing. */
  verify(signal: AbortSignal): Promise<Verification>;
  /** What is missing for machines of these shapes (templates, networks, room, rights). Changes nothing. */
  preflight(
    shapes: readonly { shape: MachineShape; count: number }[],
    signal: AbortSignal,
  ): Promise<readonly Finding[]>;
  observe(mark: MachineMark, shape: MachineShape, signal: AbortSignal): Promise<ObservedMachine>;
  /**
   * Takes one step and waits for it. `create` makes the machine with its mark and leaves it off; one that is there
   * already is no error. `delete` refuses what does not carry the mark (MACHINE_NOT_OURS), and what is gone is done.
   */
  act(step: MachineStep, machine: WantedMachine, signal: AbortSignal): Promise<void>;
  /** Every machine of the account with a mark of this platform, whichever cluster's. */
  listOwned(signal: AbortSignal): Promise<readonly OwnedMachine[]>;
  /**
   * The end of what the machine wrote to its console; undefined where the cloud has none. Where it has none and knows more of
   * the machine than its power, that is reported instead, and said to be no console.
   */
  console(mark: MachineMark, signal: AbortSignal): Promise<string | undefined>;
  /**
   * Takes what an account declares beside machines one step further, as racks to be enrolled; called again and again, and
   * absent where there is nothing of the kind.
   */
  prepare?(signal: AbortSignal): Promise<Preparation>;
  /** Ends the session. */
  close(): Promise<void>;
}

export interface ProviderInput {
  readonly account: SkerryAccountSpec;
  /** The Secret's data, decoded; each provider narrows it with a schema of its own. */
  readonly credentials: Readonly<Record<string, string>>;
  readonly now: () => Date;
  readonly fetch?: typeof fetch | undefined;
}

/** One kind of cloud: a folder beside this one. */
export interface CloudDriver {
  readonly type: CloudType;
  /** Throws ACCOUNT_INVALID for credentials or settings that lack something. */
  open(input: ProviderInput): CloudProvider;
  /** What is wrong with a placement before any cloud is asked, by path. */
  checkPlacement(placement: JsonObject): readonly PlacementFinding[];
}
