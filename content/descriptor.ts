import { z } from 'zod';
import { type Digest, isDigest } from './digest.ts';

/** An OCI content descriptor (image-spec, descriptor.md). Sizes are bytes. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly artifactType?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly platform?: Platform | undefined;
  readonly urls?: readonly string[] | undefined;
  readonly data?: string | undefined;
}

export interface Platform {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string | undefined;
}

export const DigestSchema = z.custom<Digest>((value) => typeof value === 'string' && isDigest(value), {
  message: 'not an OCI digest',
});

export const DescriptorSchema: z.ZodType<Descriptor> = z.object({
  mediaType: z.string().min(1).max(255),
  digest: DigestSchema,
  size: z.int().nonnegative(),
  artifactType: z.string().optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  platform: z
    .looseObject({ architecture: z.string(), os: z.string(), variant: z.string().optional() })
    .optional(),
  urls: z.array(z.string()).optional(),
  data: z.string().optional(),
});
