import { z } from 'zod';
import { apiError } from '../../../apply/client/api-error.ts';
import type { ApiServer } from '../../../apply/client/api-server.ts';
import { createKubeClient } from '../../../apply/client/kube.ts';
import { loadKubeconfig } from '../../../apply/client/kubeconfig.ts';
import { createTransport, type Transport } from '../../../apply/client/transport.ts';
import { isSkerryError, messageOf } from '../../../content/error.ts';
import { tryJson } from '../../../content/json.ts';
import { platformError } from '../../errors.ts';

export interface KubeconfigLogin {
  readonly token: string;
  /** The hub's authority (PEM), where the user may read it. */
  readonly ca: string | undefined;
}

/** Where the hub's chart keeps its certificates. */
const SECRET = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace: 'skerry-system', name: 'skerry-hub-tls' },
};
const BEARER = /^Bearer (\S+)$/;
const SecretData = z.looseObject({ 'ca.crt': z.string() });

/** So long a token that is made for a login is asked for; the cluster may give it for less. */
const TOKEN_SECONDS = 8 * 3600;

export interface KubeconfigUser {
  readonly path: string;
  readonly context: string | undefined;
  /** Who logs in, with a token that the kubeconfig's user makes for it; that user itself when absent. */
  readonly account: ServiceAccount | undefined;
}

export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
}

/**
 * Who a kubeconfig's user is, or an account that it may make tokens for, and what the cluster says of its hub. Throws
 * LOGIN_INVALID, LOGIN_TOKEN_MISSING, KUBECONFIG_INVALID and the CLUSTER_ codes.
 */
export async function kubeconfigLogin(
  { path, context, account }: KubeconfigUser,
  signal: AbortSignal,
): Promise<KubeconfigLogin> {
  const server = await loadKubeconfig({ path, context });
  const transport = createTransport(server, { attempts: 2 });
  const token =
    account === undefined
      ? BEARER.exec(await authorizationOf(server, path))?.[1]
      : await makeToken(transport, account, signal);
  // A certificate is for connections to the API server, which nobody can pass on; exec plugins may give one too.
  if (token === undefined) throw platformError('LOGIN_TOKEN_MISSING', { subject: path });
  return { token, ca: await readAuthority(createKubeClient(transport), signal) };
}

const TokenRequest = z.object({ status: z.object({ token: z.string().min(1) }) });

/** TokenRequest of authentication.k8s.io/v1. */
async function makeToken(
  transport: Transport,
  { namespace, name }: ServiceAccount,
  signal: AbortSignal,
): Promise<string> {
  const subject = `ServiceAccount ${namespace}/${name}`;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${encodeURIComponent(name)}/token`;
  const spec = { expirationSeconds: TOKEN_SECONDS };
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec };
  const response = await transport.send({ method: 'POST', path, body, subject, signal });
  if (response.status === 404) throw platformError('LOGIN_INVALID', { subject, detail: 'it does not exist' });
  if (response.status >= 400) throw apiError(subject, response);
  const made = TokenRequest.safeParse(tryJson(response.text));
  if (made.success) return made.data.status.token;
  throw platformError('LOGIN_INVALID', { subject, detail: 'the cluster gave no token for it' });
}

async function authorizationOf(server: ApiServer, path: string): Promise<string> {
  try {
    const headers = new Headers(Object.entries((await server.authenticate()).headers));
    return headers.get('authorization') ?? '';
  } catch (cause) {
    throw platformError('LOGIN_INVALID', { subject: path, detail: messageOf(cause), cause });
  }
}

// Most users may not read Secrets: then --ca or the system's certificates have to do.
async function readAuthority(
  client: ReturnType<typeof createKubeClient>,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const data = SecretData.safeParse((await client.get(SECRET, { signal }))?.data);
    return data.success ? Buffer.from(data.data['ca.crt'], 'base64').toString() : undefined;
  } catch (error) {
    if (isSkerryError(error)) return undefined;
    throw error;
  }
}
