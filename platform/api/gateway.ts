import { z } from 'zod';
import { Condition } from './cluster-status.ts';
import type { CustomResource } from './custom-resource.ts';
import { GROUP, VERSION } from './group.ts';
import { LabelName, SecretKey, Time } from './names.ts';

/** Addresses that machines and control planes may take: ranges as `10.0.0.10-10.0.0.90` or `10.0.0.0/24`. */
const AddressPool = z.strictObject({
  name: LabelName,
  ranges: z.array(z.string().max(100)).min(1).max(16),
  reserved: z.array(z.string().max(100)).max(64).optional(),
  prefix: z.int().min(1).max(128),
  gateway: z.string().max(50).optional(),
  dns: z.array(z.string().max(50)).max(4).optional(),
  search: z.array(z.string().max(253)).max(6).optional(),
});
export type AddressPool = z.infer<typeof AddressPool>;

/** Where the gateway keeps what its machines and their agents have pulled before. */
const RegistryCache = z
  .strictObject({
    endpoint: z
      .string()
      .max(300)
      .regex(/^https?:\/\/[A-Za-z0-9.:[\]-]+:[0-9]{1,5}$/)
      .meta({
        description:
          "How machines reach it, with scheme and port: an address of a node of the gateway's cluster, whose NodePort it is.",
      }),
    ca: z.string().max(16_384).optional().meta({ description: 'Certificates (PEM) trusted for it.' }),
    certificate: z
      .strictObject({ name: z.string().max(253) })
      .optional()
      .meta({ description: 'A Secret of the same project, with tls.crt and tls.key.' }),
    sizeGiB: z.int().min(1).max(65_536).optional().meta({ description: 'What it may hold; 20 when absent.' }),
    storageClass: z
      .string()
      .max(253)
      .optional()
      .meta({ description: 'Of a volume for it; without, what has come goes with its pod.' }),
  })
  .meta({ description: 'Keeps beside the machines what comes from the registry, so that it comes once.' });
export type RegistryCache = z.infer<typeof RegistryCache>;

/** What every machine of this gateway gets. */
const NodeDefaults = z.strictObject({
  template: z
    .string()
    .max(253)
    .optional()
    .meta({ description: 'The node template where a cluster names none.' }),
  sizes: z
    .array(
      z.strictObject({
        name: z.string().max(63),
        cpus: z.int().min(1).max(256),
        memoryMiB: z.int().min(512),
        diskGiB: z.int().min(1).optional(),
      }),
    )
    .max(32)
    .optional(),
  proxy: z
    .strictObject({
      http: z.string().max(500).optional(),
      https: z.string().max(500).optional(),
      none: z.array(z.string().max(253)).max(64).optional(),
    })
    .optional(),
  ntp: z.array(z.string().max(253)).max(8).optional(),
  registry: z
    .strictObject({
      endpoint: z
        .string()
        .max(300)
        .meta({ description: 'The private registry as nodes reach it, with scheme.' }),
      ca: z.string().max(16_384).optional(),
      credentials: SecretKey.optional().meta({ description: '`{"username", "password"}` as JSON.' }),
      cache: RegistryCache.optional(),
    })
    .optional(),
  ca: z.string().max(16_384).optional().meta({ description: 'Certificates (PEM) that machines trust.' }),
  sshKeys: z.array(z.string().max(1000)).max(16).optional(),
});
export type NodeDefaults = z.infer<typeof NodeDefaults>;

export const GatewaySpec = z
  .strictObject({
    cluster: z
      .string()
      .max(63)
      .meta({ description: 'The managed cluster, of the same project, whose agent does the work.' }),
    movedTo: z.string().max(63).optional().meta({
      description:
        'The cluster that knows what the gateway had made before: moved there or restored. While it is another than `cluster`, clusters that were made elsewhere are held back. skerry gateway install sets it.',
    }),
    usableBy: z.array(z.string().max(63)).max(32).optional(),
    maxConcurrent: z.int().min(1).max(100).optional().meta({
      description: 'How many machines are made at once in all; 10 when absent.',
    }),
    pools: z.array(AddressPool).max(16).optional(),
    nodes: NodeDefaults.optional(),
  })
  .meta({ description: 'A private cloud gateway: where machines are made from.' });
export type GatewaySpec = z.infer<typeof GatewaySpec>;

export const GatewayStatus = z.object({
  observedGeneration: z.int().optional(),
  seen: Time.optional(),
  version: z.string().max(64).optional(),
  accounts: z.int().optional(),
  clusters: z.int().optional(),
  /** Machines that are being made. */
  running: z.int().optional(),
  backup: z
    .object({ at: Time, digest: z.string().max(135) })
    .optional()
    .meta({ description: 'The last sealed backup that was made.' }),
  conditions: z.array(Condition).max(16).optional(),
});
export type GatewayStatus = z.infer<typeof GatewayStatus>;

export const Gateway: CustomResource = {
  group: GROUP,
  version: VERSION,
  kind: 'Gateway',
  plural: 'gateways',
  singular: 'gateway',
  shortNames: ['skgw'],
  scope: 'Namespaced',
  description: 'A private cloud gateway: the agent of a cluster that makes machines beside a cloud.',
  spec: GatewaySpec,
  status: GatewayStatus,
  columns: [
    { name: 'Cluster', type: 'string', jsonPath: '.spec.cluster' },
    { name: 'Clusters', type: 'integer', jsonPath: '.status.clusters' },
    { name: 'Seen', type: 'date', jsonPath: '.status.seen' },
  ],
};
