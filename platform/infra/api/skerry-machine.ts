import { z } from 'zod';
import { Condition } from '../../api/cluster-status.ts';
import type { CustomResource } from '../../api/custom-resource.ts';
import { AnyValue } from '../../api/names.ts';
import { CONTRACT_LABELS, INFRA_GROUP, INFRA_VERSION } from './group.ts';

/** What a machine is made with; the same in templates. */
export const MachineShape = z.strictObject({
  /** The node template (image) by its name in the cloud. */
  template: z.string().max(253).optional(),
  /** A flavour or instance type of the cloud by name; else cpus and memory. */
  flavor: z.string().max(63).optional(),
  cpus: z.int().min(1).optional(),
  memoryMiB: z.int().min(1).optional(),
  diskGiB: z.int().min(1).optional(),
  /** Name of a pool of the gateway; DHCP when absent. */
  addressPool: z.string().max(63).optional(),
  /** In the words of the cloud's kind; the cluster's with the pool's laid over it. */
  placement: z.record(z.string(), AnyValue).optional(),
});
export type MachineShape = z.infer<typeof MachineShape>;

export const SkerryMachineSpec = z.strictObject({
  ...MachineShape.shape,
  /** `skerry://ID`, written before anything is made: ID is the object's first UID and stays when objects are restored. */
  providerID: z.string().max(300).optional(),
});
export type SkerryMachineSpec = z.infer<typeof SkerryMachineSpec>;

export const SkerryMachineStatus = z.object({
  initialization: z.object({ provisioned: z.boolean() }).optional(),
  addresses: z
    .array(z.object({ type: z.string().max(63), address: z.string().max(253) }))
    .max(16)
    .optional(),
  /** The end of the console of a machine that did not join. */
  console: z.object({ at: z.string().max(40), text: z.string().max(16_384) }).optional(),
  conditions: z.array(Condition).max(16).optional(),
});
export type SkerryMachineStatus = z.infer<typeof SkerryMachineStatus>;

export const SkerryMachine: CustomResource = {
  group: INFRA_GROUP,
  version: INFRA_VERSION,
  kind: 'SkerryMachine',
  plural: 'skerrymachines',
  singular: 'skerrymachine',
  shortNames: [],
  scope: 'Namespaced',
  labels: CONTRACT_LABELS,
  description: 'A machine in a cloud, beside its Machine of Cluster API.',
  spec: SkerryMachineSpec,
  status: SkerryMachineStatus,
  columns: [
    { name: 'ProviderID', type: 'string', jsonPath: '.spec.providerID' },
    { name: 'Provisioned', type: 'boolean', jsonPath: '.status.initialization.provisioned' },
  ],
};

/** Never changed, only replaced by another: a change is another name, and so a rollout. */
export const SkerryMachineTemplate: CustomResource = {
  group: INFRA_GROUP,
  version: INFRA_VERSION,
  kind: 'SkerryMachineTemplate',
  plural: 'skerrymachinetemplates',
  singular: 'skerrymachinetemplate',
  shortNames: [],
  scope: 'Namespaced',
  labels: CONTRACT_LABELS,
  description: 'What the machines of a control plane or pool are made with.',
  spec: z.strictObject({ template: z.strictObject({ spec: MachineShape }) }),
  columns: [],
};
