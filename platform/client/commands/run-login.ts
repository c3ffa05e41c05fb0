import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { isSkerryError, messageOf } from '../../../content/error.ts';
import { readLimited } from '../../../content/remote/body.ts';
import { platformError } from '../../errors.ts';
import { userOf } from '../../oidc/token-claims.ts';
import { HubConnection } from '../connection/connection.ts';
import { fetchCertificate } from '../connection/hub-certificate.ts';
import { HubRefusal, isRefusal } from '../connection/problem-error.ts';
import { HubClient } from '../hub-client.ts';
import { type Login, loginPlace, readLastPlace, writeLogin } from '../login/login-file.ts';
import { printResult } from '../output/print-result.ts';
import { outputOf, type Terminal } from '../output/terminal.ts';
import type { Options } from './login.ts';

export async function runLogin(
  terminal: Terminal,
  asked: string | undefined,
  options: Options,
  command: Command,
): Promise<void> {
  const output = outputOf(command);
  await terminal.interruptible(output, async (signal) => {
    const login = await loginOf(terminal, asked, options, signal);
    const { url } = login;
    const version = await check(login, signal);
    const place = loginPlace(terminal.env);
    await writeLogin(place, login);
    const context = await addContext(terminal, login, options);
    const result = { url, user: userOf(login.token), version, file: place.file, context };
    printResult(terminal, output, result, () => {
      const done = `logged in to ${url} (Skerry ${version}) as ${result.user}`;
      return context === undefined ? done : `${done}\nkubectl --context ${context} is the same user`;
    });
  });
}

const MAX_TOKEN_BYTES = 64 * 1024;

async function loginOf(
  terminal: Terminal,
  asked: string | undefined,
  options: Options,
  signal: AbortSignal,
): Promise<Login> {
  const { caFingerprint } = options;
  const last = await lastPlace(terminal);
  const url = asked ?? last?.url;
  if (url === undefined) throw invalid('skerry login', 'no hub: give its address');
  const known = last?.url === url ? last : undefined;
  const project = options.project ?? known?.project;
  let ca = known?.ca;
  if (options.ca !== undefined) ca = await readCertificates(options.ca);
  if (caFingerprint !== undefined) ca = await fetchCertificate(url, caFingerprint, signal);
  const found =
    (await tokenFrom(terminal, options, signal)) ?? (await signIn(terminal, { url, ca }, options, signal));
  if (options.ca === undefined && caFingerprint === undefined) ca = found.ca ?? ca;
  return {
    url,
    ...(ca === undefined ? {} : { ca }),
    token: found.token,
    ...(found.refresh === undefined ? {} : { refresh: found.refresh }),
    ...(project === undefined ? {} : { project }),
  };
}

// What cannot be read any more is about to be written again.
async function lastPlace({ env }: Terminal) {
  try {
    return await readLastPlace(loginPlace(env));
  } catch (error) {
    if (!isSkerryError(error)) throw error;
    return undefined;
  }
}

type Found = Pick<Login, 'token' | 'ca' | 'refresh'>;

async function tokenFrom(
  { stdin, env }: Terminal,
  { tokenFile, tokenStdin, kubeconfig, context, serviceAccount: account }: Options,
  signal: AbortSignal,
): Promise<Found | undefined> {
  if (tokenFile !== undefined) return { token: tokenIn(await readFileOr(tokenFile), tokenFile) };
  if (tokenStdin) {
    const bytes = await readLimited(stdin, MAX_TOKEN_BYTES);
    return { token: tokenIn(bytes.toString('utf8'), '--token-stdin') };
  }
  if (kubeconfig === undefined && account === undefined) return undefined;
  // Kubernetes' own client library takes longer to load than most commands take to run.
  const { kubeconfigLogin } = await import('../login/kubeconfig-login.ts');
  const path = typeof kubeconfig === 'string' ? kubeconfig : defaultKubeconfig(env);
  return await kubeconfigLogin({ path, context, account }, signal);
}

/** At the identity provider that the hub names. */
async function signIn(
  terminal: Terminal,
  hub: Pick<Login, 'url' | 'ca'>,
  { browser }: Options,
  signal: AbortSignal,
): Promise<Found> {
  const named = await askIssuer(hub, signal);
  const { signInAt } = await import('../login/sign-in-at.ts');
  const say = (line: string) => terminal.stderr.write(`${line}\n`);
  const { idToken, refreshToken } = await signInAt(named, { say, browser: browser === true }, signal);
  if (refreshToken === undefined) return { token: idToken };
  const { issuer, clientId, scopes, ca } = named;
  const refresh = { token: refreshToken, issuer, clientId, scopes, ...(ca === undefined ? {} : { ca }) };
  return { token: idToken, refresh };
}

async function askIssuer(address: Pick<Login, 'url' | 'ca'>, signal: AbortSignal) {
  const connection = new HubConnection(address);
  try {
    return await new HubClient(connection).call('GET /auth/issuer', { signal });
  } catch (error) {
    if (!isRefusal(error, 404)) throw error;
    throw invalid(
      'skerry login',
      'the hub knows no identity provider: give --token-file, --token-stdin or --kubeconfig',
    );
  } finally {
    await connection.close();
  }
}

async function addContext({ env, program }: Terminal, login: Login, { kubectl, context }: Options) {
  if (kubectl === undefined) return undefined;
  const { addKubectlContext } = await import('../login/kubectl-context.ts');
  const path = typeof kubectl === 'string' ? kubectl : defaultKubeconfig(env);
  return await addKubectlContext(path, { hub: login.url, from: context, program });
}

/** Asks the hub something that needs no right but a valid token. Gives the hub's version. */
async function check(login: Login, signal: AbortSignal): Promise<string> {
  const connection = new HubConnection(login);
  const hub = new HubClient(connection);
  try {
    const { version } = await hub.call('GET /version', { signal });
    await hub.call('GET /api/v1/projects', { query: { limit: 1 }, signal }).catch((error: unknown) => {
      // Who is known but may not do this has logged in.
      if (!(error instanceof HubRefusal) || error.status === 401) throw error;
    });
    return version;
  } finally {
    await connection.close();
  }
}

async function readFileOr(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((cause: unknown) => {
    throw platformError('LOGIN_INVALID', { subject: path, detail: messageOf(cause), cause });
  });
}

// RFC 6750, 2.1: what a bearer token may consist of.
function tokenIn(text: string, subject: string): string {
  const token = text.trim();
  if (/^[A-Za-z0-9._~+/-]+=*$/.test(token) && token.length <= MAX_TOKEN_BYTES) return token;
  throw invalid(subject, 'this is no bearer token');
}

async function readCertificates(path: string): Promise<string> {
  const text = await readFileOr(path);
  const found = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  try {
    if (found.length === 0) throw new Error('there is no certificate (PEM) in it');
    for (const pem of found) new X509Certificate(pem);
  } catch (cause) {
    throw platformError('LOGIN_INVALID', { subject: path, detail: messageOf(cause), cause });
  }
  return `${found.join('\n')}\n`;
}

function defaultKubeconfig(env: NodeJS.ProcessEnv): string {
  return env.KUBECONFIG?.split(':').find(Boolean) ?? `${env.HOME ?? ''}/.kube/config`;
}

function invalid(subject: string, detail: string) {
  return platformError('LOGIN_INVALID', { subject, detail });
}
