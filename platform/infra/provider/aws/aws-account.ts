import { z } from 'zod';
import { infraError } from '../../errors.ts';
import type { ProviderInput } from '../provider.ts';
import type { AwsKeys } from './signature.ts';

const Credentials = z.object({
  accessKeyId: z.string().min(16).max(128),
  secretAccessKey: z.string().min(1).max(200),
  sessionToken: z.string().max(4096).optional(),
});

const Settings = z.strictObject({
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-[0-9]$/),
  /** Assumed with the credentials; all work is done as it. */
  roleArn: z
    .string()
    .regex(/^arn:[a-z-]+:iam::[0-9]{12}:role\/.+$/)
    .optional(),
  externalId: z.string().max(1224).optional(),
});

export interface AwsAccount {
  readonly keys: AwsKeys;
  readonly region: string;
  readonly role: { readonly arn: string; readonly externalId: string | undefined } | undefined;
  /** In place of the services' usual addresses. */
  readonly endpoint: string | undefined;
}

/** Throws ACCOUNT_INVALID, naming what is missing but never what stands there. */
export function awsAccount({ account, credentials }: ProviderInput): AwsAccount {
  const keys = Credentials.safeParse(credentials);
  if (!keys.success) throw invalid('credentials', keys.error);
  const settings = Settings.safeParse(account.settings ?? {});
  if (!settings.success) throw invalid('settings', settings.error);
  const { region, roleArn, externalId } = settings.data;
  return {
    keys: keys.data,
    region,
    role: roleArn === undefined ? undefined : { arn: roleArn, externalId },
    endpoint: account.endpoint,
  };
}

function invalid(subject: string, { issues }: z.ZodError) {
  const paths = issues.map(({ path, code }) => `${path.join('.') || subject} (${code})`);
  return infraError('ACCOUNT_INVALID', { subject, detail: [...new Set(paths)].join(', ') });
}
