import type { CustomResource } from '../../api/custom-resource.ts';
import { SkerryAccount } from './skerry-account.ts';
import { SkerryAddressPool } from './skerry-address-pool.ts';
import { SkerryCluster } from './skerry-cluster.ts';
import { SkerryMachine, SkerryMachineTemplate } from './skerry-machine.ts';

/** Every kind that a gateway adds to its cluster. */
export const infraKinds: readonly CustomResource[] = [
  SkerryAccount,
  SkerryAddressPool,
  SkerryCluster,
  SkerryMachine,
  SkerryMachineTemplate,
];
