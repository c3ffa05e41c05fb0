import { z } from 'zod';
import { isSkerryError, messageOf, SkerryError } from '../../content/error.ts';

/** A failure on its way from the registry to the command that asked. */
export const JobErrorSchema = z.object({
  code: z.string().max(100),
  means: z.string().max(1000),
  subject: z.string().max(10_000),
  detail: z.string().max(10_000).optional(),
  remedy: z.string().max(1000),
  exit: z.int().min(1).max(255),
});

export function toJobError(error: unknown): z.infer<typeof JobErrorSchema> {
  if (isSkerryError(error)) {
    const { code, means, subject, detail, remedy, exit } = error;
    return { code, means, subject, detail, remedy, exit };
  }
  return {
    code: 'INTERNAL',
    means: 'The registry failed.',
    subject: 'registry',
    detail: messageOf(error).slice(0, 8000),
    remedy: 'Look into the log of the registry.',
    exit: 1,
  };
}

export function fromJobError(error: z.infer<typeof JobErrorSchema>): SkerryError {
  const { code, subject, detail, ...entry } = error;
  return new SkerryError(code, entry, { subject, detail });
}
