import { z } from 'zod';
import type { CloudAnswer, CloudConnection } from '../../connection/cloud-connection.ts';
import { infraError } from '../../errors.ts';
import { Catalogue } from './catalogue.ts';
import { refusalOf } from './refusal.ts';
import type { OpenStackCredentials } from './settings.ts';

const Body = z.object({
  token: z.object({
    issued_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
    user: z.object({ id: z.string() }),
    project: z.object({ id: z.string(), name: z.string() }).optional(),
    roles: z.array(z.object({ name: z.string() })).default([]),
    catalog: Catalogue.default([]),
  }),
});

export interface Token {
  readonly value: string;
  readonly userId: string;
  readonly project: { readonly id: string; readonly name: string };
  readonly roles: readonly string[];
  readonly catalogue: Catalogue;
  /** How long it holds from when it was given, in milliseconds; says nothing of anybody's clock. */
  readonly lifetimeMs: number;
}

/** Throws CREDENTIALS_REFUSED, and ACCOUNT_INVALID for an address that is not Keystone's. */
export async function askForToken(
  keystone: CloudConnection,
  credentials: OpenStackCredentials,
  signal: AbortSignal,
): Promise<Token> {
  const answer = await keystone.send(
    {
      method: 'POST',
      path: '/auth/tokens',
      repeatable: true,
      body: {
        auth: {
          identity: {
            methods: ['application_credential'],
            application_credential: {
              id: credentials.applicationCredentialId,
              secret: credentials.applicationCredentialSecret,
            },
          },
        },
      },
    },
    signal,
  );
  const refusal = refusalOf(answer);
  // Keystone answers 404 for an application credential that was deleted, or never was.
  if ([401, 403].includes(answer.status) || (answer.status === 404 && /credential/i.test(refusal.text)))
    throw infraError('CREDENTIALS_REFUSED', {
      subject: keystone.host,
      detail: `application credential ${credentials.applicationCredentialId}: status ${answer.status}: ${refusal.text}`,
    });
  if (answer.status === 404)
    throw infraError('ACCOUNT_INVALID', {
      subject: 'endpoint',
      detail: `${keystone.host} has no Keystone v3 there`,
    });
  return tokenIn(answer, keystone.host);
}

function tokenIn(answer: CloudAnswer, subject: string): Token {
  const value = answer.header('x-subject-token');
  const read = Body.safeParse(answer.body);
  if (answer.status !== 201 || value === undefined || !read.success)
    throw infraError('CLOUD_ANSWER_INVALID', {
      subject,
      detail: `POST /auth/tokens: status ${answer.status}`,
    });
  const { issued_at, expires_at, user, project, roles, catalog } = read.data.token;
  if (project === undefined)
    throw infraError('ACCOUNT_INVALID', { subject: 'credentials', detail: 'they are for no project' });
  return {
    value,
    userId: user.id,
    project,
    roles: roles.map(({ name }) => name),
    catalogue: catalog,
    lifetimeMs: Date.parse(expires_at) - Date.parse(issued_at),
  };
}
