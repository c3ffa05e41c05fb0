import { z } from 'zod';

/** What is read of Ironic's objects (Bare Metal API v1), and nothing more is asked for. */
const Text = z.string().nullish();

export const Node = z.object({
  uuid: z.string(),
  name: Text,
  provision_state: Text,
  target_provision_state: Text,
  power_state: Text,
  target_power_state: Text,
  maintenance: z.boolean().optional(),
  maintenance_reason: Text,
  last_error: Text,
  instance_uuid: Text,
  deploy_interface: Text,
  instance_info: z.record(z.string(), z.unknown()).optional(),
  resource_class: Text,
  properties: z.record(z.string(), z.unknown()).optional(),
  traits: z.array(z.string()).optional(),
  inspection_finished_at: Text,
  extra: z.record(z.string(), z.unknown()).optional(),
});
export type Node = z.infer<typeof Node>;
export const NODE_FIELDS = Object.keys(Node.shape).join(',');

/** What is read of one node besides, to tell people where it stands. */
export const NodeDetail = Node.extend({
  provision_updated_at: Text,
  driver_info: z.record(z.string(), z.unknown()).optional(),
  console_interface: Text,
  console_enabled: z.boolean().optional(),
});
export type NodeDetail = z.infer<typeof NodeDetail>;
export const NODE_DETAIL_FIELDS = Object.keys(NodeDetail.shape).join(',');

/** What went wrong with a node once. */
export const NodeEvent = z.object({ created_at: Text, event_type: Text, event: Text });
export type NodeEvent = z.infer<typeof NodeEvent>;

export const Allocation = z.object({
  uuid: z.string(),
  state: z.enum(['allocating', 'active', 'error']).nullish(),
  node_uuid: Text,
  last_error: Text,
  extra: z.record(z.string(), z.unknown()).nullish(),
});
export type Allocation = z.infer<typeof Allocation>;
export const ALLOCATION_FIELDS = Object.keys(Allocation.shape).join(',');

export const Port = z.object({ uuid: z.string(), address: z.string(), pxe_enabled: z.boolean().optional() });
export type Port = z.infer<typeof Port>;

// The fault is JSON in a text up to some version, and an object in others.
const Fault = z.object({ faultstring: z.string() });
const Failure = z.object({ error_message: z.union([z.string(), Fault]) });

/** What Ironic says went wrong. */
export function faultOf(body: unknown, tryJson: (text: string) => unknown): string | undefined {
  const message = Failure.safeParse(body).data?.error_message;
  if (typeof message !== 'string') return message?.faultstring;
  return Fault.safeParse(tryJson(message)).data?.faultstring ?? message;
}
