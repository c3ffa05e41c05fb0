import { z } from 'zod';
import { infraError } from '../../errors.ts';

const Url = z
  .string()
  .max(1000)
  .regex(/^https?:\/\/[^\s@]+$/, 'is no http(s) address');

/** A node template as a site of bare metal has it: a live ISO to boot, or an image that is written to the disk. */
export const NodeImage = z.union([
  z.strictObject({ iso: Url }),
  z.strictObject({
    image: Url,
    /** Of the file, in hex. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    rootGiB: z.int().min(1).optional(),
  }),
]);
export type NodeImage = z.infer<typeof NodeImage>;

const Images = z.record(z.string().max(253), NodeImage);
const Mac = z
  .string()
  .toLowerCase()
  .regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/);
const Name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/);

/** A machine of a rack that is to be enrolled: its BMC, and what it may be used for. */
export const RackMachine = z.strictObject({
  name: Name,
  bmc: z.strictObject({
    address: Url,
    /** `/redfish/v1/Systems/ID`; found by Ironic itself when absent. */
    system: z.string().max(300).optional(),
    /** Certificates are checked when absent. */
    insecure: z.boolean().optional(),
  }),
  macs: z.array(Mac).max(16).optional(),
  resourceClass: z.string().max(80),
  traits: z
    .array(z.string().regex(/^CUSTOM_[A-Z0-9_]{1,248}$/))
    .max(50)
    .optional(),
  capabilities: z.record(z.string().max(63), z.string().max(255)).optional(),
  cpus: z.int().min(1).optional(),
  memoryMiB: z.int().min(1).optional(),
  diskGiB: z.int().min(1).optional(),
});
export type RackMachine = z.infer<typeof RackMachine>;

const IronicSettings = z.strictObject({
  driver: z.literal('ironic'),
  images: Images,
  /** Nodes that are enrolled here; those of the site's own tools need not be named. */
  nodes: z.array(RackMachine).max(200).optional(),
  /** Whether their hardware is looked at before they are offered; Ironic needs an inspect interface for it. */
  inspect: z.boolean().optional(),
});
export type IronicSettings = z.infer<typeof IronicSettings>;

export const BareMetalSettings = z.discriminatedUnion('driver', [IronicSettings]);
export type BareMetalSettings = z.infer<typeof BareMetalSettings>;

/** `username` and `password` of Ironic (HTTP basic; neither where it asks nobody), and those of BMCs. */
export const BareMetalCredentials = z.object({
  username: z.string().optional(),
  password: z.string().optional(),
  bmcUsername: z.string().optional(),
  bmcPassword: z.string().optional(),
});

/** Narrows what an account says; the error names paths and never values. Throws ACCOUNT_INVALID. */
export function narrow<T>(schema: z.ZodType<T>, value: unknown, subject: string): T {
  const { data, error } = schema.safeParse(value);
  if (data !== undefined) return data;
  const detail = error?.issues.map(({ path, code }) => `${path.join('.') || 'it'}: ${code}`).join('; ');
  throw infraError('ACCOUNT_INVALID', { subject, detail });
}
