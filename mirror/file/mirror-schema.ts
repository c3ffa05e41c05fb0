import { z } from 'zod';
import { JobSchema, Name } from './job-schema.ts';

const Host = z
  .string()
  .max(255)
  .regex(/^(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/, 'a host such as registry.example:5000');
const Path = z.string().min(1).describe('A path relative to this file');

const Registry = z
  .strictObject({
    host: Host.describe('Host and port, as they stand in addresses and image references'),
    plainHttp: z.boolean().default(false).describe('Ask it without TLS, where an image reference names it'),
    ca: Path.optional().describe('PEM certificates trusted besides those of the system'),
    clientCertificate: Path.optional().describe('PEM certificate that this client shows'),
    clientKey: Path.optional().describe('Its key in PEM, not encrypted'),
    proxy: z
      .string()
      .refine(
        (text) => text === 'none' || /^https?:\/\/[^\s@]+$/.test(text),
        'an address http://HOST:PORT, or none',
      )
      .optional()
      .describe('A proxy for this registry, or none; HTTPS_PROXY and NO_PROXY count when absent'),
    requestsPerSecond: z.number().positive().max(10_000).optional(),
    connections: z.int().min(1).max(64).optional().describe('Requests under way at a time'),
  })
  .refine(
    ({ clientCertificate, clientKey }) => (clientCertificate === undefined) === (clientKey === undefined),
    'give clientCertificate and clientKey, or neither',
  );

const Logins = z.strictObject({
  file: Path.optional().describe('A file with encrypted logins, as skerry mirror credentials makes it'),
  passphraseFile: Path.optional().describe(
    'A file with its passphrase; SKERRY_MIRROR_PASSPHRASE_FILE names it when absent',
  ),
  keyring: z.boolean().default(false).describe('Look for logins in the keyring of this system'),
  dockerConfig: z
    .boolean()
    .default(true)
    .describe('Use the logins of docker login and its like, with their credential helpers'),
});

const Source = z
  .strictObject({
    prefix: z.string().min(1).describe('Images whose reference begins with this are taken from here'),
    layout: Path.optional(),
    registry: z.string().optional().describe('A registry that mirrors them, as host:port'),
  })
  .refine(
    (source) => (source.layout === undefined) !== (source.registry === undefined),
    'give either layout or registry',
  );

export const MirrorSchema = z.strictObject({
  apiVersion: z.literal('skerry.dev/v1'),
  kind: z.literal('Mirror'),
  name: Name.describe('Also the name under which runs are remembered'),
  registries: z.array(Registry).max(1000).default([]).describe('What is particular to single registries'),
  logins: Logins.prefault({}).describe('Where logins come from; the first that has one counts'),
  sources: z
    .array(Source)
    .max(1000)
    .default([])
    .describe('Where images and charts are taken from, if not from their registry'),
  parallel: z
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe('Items, and blobs, copied at a time; four times as many names are compared ahead'),
  jobs: z.array(JobSchema).min(1).max(1000),
});

/** What is mirrored, as its author writes it; paths are relative to the file. */
export type Mirror = z.infer<typeof MirrorSchema>;
