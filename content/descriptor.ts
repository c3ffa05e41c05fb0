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

/** Annotations of a descriptor or a manifest (image-spec, annotations.md). */
export const AnnotationsSchema = z.unknown().transform((value, context): Record<string, string> => {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : undefined;
  if (entries?.every((entry): entry is [string, string] => typeof entry[1] === 'string'))
    return Object.fromEntries(entries.filter(([key]) => key !== '__proto__'));
  context.addIssue('annotations must be texts');
  return z.NEVER;
});

const Fields = z.object({
  mediaType: z.string().min(1).max(255),
  digest: DigestSchema,
  size: z.int().nonnegative(),
  artifactType: z.string().optional(),
  annotations: AnnotationsSchema.optional(),
  platform: z
    .looseObject({
      architecture: z.string().default(''),
      os: z.string().default(''),
      variant: z.string().optional(),
    })
    .optional(),
  urls: z
    .custom<string[]>((value) => Array.isArray(value) && value.every((url) => typeof url === 'string'))
    .optional(),
  data: z.string().optional(),
});

/** A descriptor from outside; a field that is null counts as absent. */
export const DescriptorSchema: z.ZodType<Descriptor> = z.preprocess(withoutNulls, Fields);

function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !Object.values(value).includes(null)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null));
}

/**
 * A list of descriptors from outside. It is told what is wrong with the first that is: a list of a few megabytes may
 * hold a million mistakes, which would take gigabytes to collect.
 */
export const DescriptorListSchema = z.array(z.unknown()).transform((items, context): Descriptor[] => {
  const descriptors: Descriptor[] = [];
  for (const [index, item] of items.entries()) {
    const result = DescriptorSchema.safeParse(item);
    if (!result.success) {
      const [issue] = result.error.issues;
      context.addIssue({
        code: 'custom',
        path: [index, ...(issue?.path ?? [])],
        message: issue?.message ?? 'not a descriptor',
      });
      return z.NEVER;
    }
    descriptors.push(result.data);
  }
  return descriptors;
});
