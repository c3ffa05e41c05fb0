import { z } from 'zod';
import { infraError } from '../../errors.ts';

const Settings = z.strictObject({
  /** Needed where the catalogue has more than one. */
  region: z.string().min(1).max(255).optional(),
  /** Which of a service's addresses are asked. */
  interface: z.enum(['public', 'internal', 'admin']).default('public'),
  /** In place of what the catalogue says. */
  endpoints: z
    .strictObject({
      compute: z.string().max(500).optional(),
      network: z.string().max(500).optional(),
      image: z.string().max(500).optional(),
    })
    .default({}),
});
export type OpenStackSettings = z.infer<typeof Settings>;

// Secrets made from files often end in a line break.
const Text = z.string().trim().min(1).max(1024);
const Credentials = z.object({ applicationCredentialId: Text, applicationCredentialSecret: Text });
export type OpenStackCredentials = z.infer<typeof Credentials>;

/** Throws ACCOUNT_INVALID. */
export function readSettings(settings: unknown): OpenStackSettings {
  const read = Settings.safeParse(settings ?? {});
  if (read.success) return read.data;
  throw infraError('ACCOUNT_INVALID', { subject: 'settings', detail: z.prettifyError(read.error) });
}

/** Throws ACCOUNT_INVALID, which names keys and never what they hold. */
export function readCredentials(credentials: unknown): OpenStackCredentials {
  const read = Credentials.safeParse(credentials);
  if (read.success) return read.data;
  const keys = [...new Set(read.error.issues.map(({ path }) => path.join('.')))];
  throw infraError('ACCOUNT_INVALID', {
    subject: 'credentials',
    detail: `${keys.join(', ')}: missing or empty`,
  });
}
