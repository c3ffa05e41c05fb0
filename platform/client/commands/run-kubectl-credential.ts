import { z } from 'zod';
import { tryJson } from '../../../content/json.ts';
import { platformError } from '../../errors.ts';
import { endOf } from '../../oidc/token-claims.ts';
import { freshLogin } from '../login/fresh-login.ts';
import type { Terminal } from '../output/terminal.ts';

/** What kubectl says of itself (KUBERNETES_EXEC_INFO), as far as it matters. */
const ExecInfo = z.looseObject({
  apiVersion: z.enum(['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1']),
});
const NEWEST = 'client.authentication.k8s.io/v1';

/** Writes an ExecCredential with the token of the login. Throws NOT_LOGGED_IN where that is for another hub. */
export async function runKubectlCredential(
  { env, stdout, now }: Terminal,
  hub: string | undefined,
): Promise<void> {
  const { url, token } = await freshLogin(env, now);
  if (hub !== undefined && URL.parse(hub)?.origin !== new URL(url).origin)
    throw platformError('NOT_LOGGED_IN', { subject: hub, detail: `the login is for ${url}` });
  const asked = ExecInfo.safeParse(tryJson(env.KUBERNETES_EXEC_INFO ?? ''));
  const end = endOf(token);
  const status = {
    token,
    ...(end === undefined ? {} : { expirationTimestamp: new Date(end).toISOString() }),
  };
  const apiVersion = asked.data?.apiVersion ?? NEWEST;
  stdout.write(`${JSON.stringify({ apiVersion, kind: 'ExecCredential', status })}\n`);
}
