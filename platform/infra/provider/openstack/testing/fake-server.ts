import { z } from 'zod';
import type { FakePort } from './fake-neutron.ts';

const Name = z.string().min(1).max(255);
const Metadata = z.record(z.string().regex(/^[a-zA-Z0-9-_:. ]{1,255}$/), z.string().max(255));
const Tag = z
  .string()
  .min(1)
  .max(60)
  .regex(/^[^,/]*$/);
/** Nova's schema of 2.67: what it does not know it refuses. */
export const NewServer = z.strictObject({
  server: z.strictObject({
    name: Name,
    flavorRef: z.string(),
    imageRef: z.uuid().optional(),
    // Required since 2.37.
    networks: z.union([z.enum(['auto', 'none']), z.array(z.strictObject({ port: z.uuid() }))]),
    metadata: Metadata.optional(),
    tags: z.array(Tag).max(50).optional(),
    config_drive: z.boolean().optional(),
    user_data: z.base64().max(65_535).optional(),
    availability_zone: Name.optional(),
    key_name: Name.optional(),
    min_count: z.int().optional(),
    max_count: z.int().optional(),
    block_device_mapping_v2: z
      .array(
        z.strictObject({
          uuid: z.uuid(),
          source_type: z.literal('image'),
          destination_type: z.literal('volume'),
          boot_index: z.int(),
          volume_size: z.int().min(1),
          delete_on_termination: z.boolean(),
          volume_type: Name.optional(),
        }),
      )
      .optional(),
  }),
  'os:scheduler_hints': z.strictObject({ group: z.uuid() }).optional(),
});
export type WantedServer = z.infer<typeof NewServer>['server'];

export interface FakeServer {
  readonly id: string;
  name: string;
  status: string;
  taskState: string | null;
  metadata: Record<string, string>;
  tags: string[];
  fault: { code: number; message: string; created: string } | undefined;
  readonly created: string;
  readonly wanted: WantedServer;
  readonly flavor: FakeFlavor;
}

export interface FakeFlavor {
  readonly id: string;
  readonly name: string;
  readonly vcpus: number;
  readonly ram: number;
  readonly disk: number;
}

/** As Nova shows it in details, with those of all ports that are its own. */
export function viewOf(server: FakeServer, all: Iterable<FakePort>) {
  const ports = [...all].filter(({ device_id }) => device_id === server.id);
  return {
    id: server.id,
    name: server.name,
    status: server.status,
    created: server.created,
    updated: server.created,
    metadata: server.metadata,
    tags: server.tags,
    flavor: {
      original_name: server.flavor.name,
      vcpus: server.flavor.vcpus,
      ram: server.flavor.ram,
      disk: server.flavor.disk,
    },
    image: server.wanted.imageRef === undefined ? '' : { id: server.wanted.imageRef, links: [] },
    addresses:
      ports.length === 0
        ? {}
        : {
            machines: ports.flatMap(({ fixed_ips, mac_address }) =>
              fixed_ips.map(({ ip_address }) => ({
                addr: ip_address,
                version: 4,
                'OS-EXT-IPS:type': 'fixed',
                'OS-EXT-IPS-MAC:mac_addr': mac_address,
              })),
            ),
          },
    'OS-EXT-STS:task_state': server.taskState,
    'OS-EXT-STS:vm_state': server.status.toLowerCase(),
    'OS-EXT-STS:power_state': server.status === 'ACTIVE' ? 1 : 4,
    ...(server.fault === undefined ? {} : { fault: server.fault }),
  };
}

export function portsOf({ networks }: WantedServer): string[] {
  return Array.isArray(networks) ? networks.map(({ port }) => port) : [];
}
