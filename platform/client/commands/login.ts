import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { messageOf } from '../../../content/error.ts';
import { readLimited } from '../../../content/remote/body.ts';
import { KeyFingerprint } from '../../api/names.ts';
import { platformError } from '../../errors.ts';
import { HubConnection } from '../connection/connection.ts';
import { fetchCertificate } from '../connection/hub-certificate.ts';
import { HubRefusal } from '../connection/problem-error.ts';
import { HubClient } from '../hub-client.ts';
import type { ServiceAccount } from '../kubeconfig-login.ts';
import { type Login, loginPath, writeLogin } from '../login-file.ts';
import { outputOf, printResult, type Terminal } from '../terminal.ts';
import { userOf } from '../token-user.ts';

interface Options {
  readonly tokenFile?: string;
  readonly tokenStdin?: boolean;
  readonly kubeconfig?: string | true;
  readonly context?: string;
  readonly serviceAccount?: ServiceAccount;
  readonly ca?: string;
  readonly caFingerprint?: string;
  readonly project?: string;
}

const MAX_TOKEN_BYTES = 64 * 1024;
export function loginCommand(terminal: Terminal): Command {
  return new Command('login')
    .argument('<url>', 'https://HOST[:PORT] of the hub', parseUrl)
    .addOption(
      new Option('--token-file <file>', 'a Kubernetes bearer token').conflicts(['tokenStdin', 'kubeconfig']),
    )
    .addOption(new Option('--token-stdin', 'the token comes from standard input').conflicts('kubeconfig'))
    .option(
      '--kubeconfig [file]',
      'take the token of its user, and the hub’s certificate where the user may read it',
    )
    .option('--context <name>', 'a context of the kubeconfig')
    .addOption(
      new Option(
        '--service-account <namespace/name>',
        'log in as this one, with a token that the user of the kubeconfig makes for it',
      )
        .argParser(parseAccount)
        .conflicts(['tokenFile', 'tokenStdin']),
    )
    .option('--ca <file>', 'certificates (PEM) trusted for the hub in place of the system’s')
    .addOption(
      new Option(
        '--ca-fingerprint <fingerprint>',
        'SHA256:... of the key of a certificate that the hub shows',
      )
        .argParser(parseFingerprint)
        .conflicts('ca'),
    )
    .option('--project <name>', 'the project that commands mean where none is named')
    .addHelpText(
      'after',
      `
The token is kept in $XDG_CONFIG_HOME/skerry/hub.json, which only you can read. A kubeconfig whose user is known by a
certificate, also one from an exec plugin, has no token: name a ServiceAccount that it may make one for.

Examples:
  skerry login https://hub.example:8443 --token-file token --ca ca.crt
  kubectl create token alice | skerry login https://hub.example:8443 --token-stdin --ca ca.crt
  skerry login https://hub.example:8443 --kubeconfig --project payments
  skerry login https://hub.example:8443 --kubeconfig --service-account people/alice`,
    )
    .action(async (url: string, options: Options, command: Command) => {
      const output = outputOf(command);
      await terminal.interruptible(output, async (signal) => {
        const login = await loginOf(terminal, url, options, signal);
        const version = await check(login, signal);
        const path = loginPath(terminal.env);
        await writeLogin(path, login);
        const result = { url, user: userOf(login.token), version, file: path };
        printResult(
          terminal,
          output,
          result,
          () => `logged in to ${url} (Skerry ${version}) as ${result.user}`,
        );
      });
    });
}

async function loginOf(
  terminal: Terminal,
  url: string,
  options: Options,
  signal: AbortSignal,
): Promise<Login> {
  const { token, ca: found } = await credentialsOf(terminal, options, signal);
  const { caFingerprint, project } = options;
  let ca = found;
  if (options.ca !== undefined) ca = await readCertificates(options.ca);
  if (caFingerprint !== undefined) ca = await fetchCertificate(url, caFingerprint, signal);
  return {
    version: 1,
    url,
    ...(ca === undefined ? {} : { ca }),
    token,
    ...(project === undefined ? {} : { project }),
  };
}

async function credentialsOf(
  { stdin, env }: Terminal,
  { tokenFile, tokenStdin, kubeconfig, context, serviceAccount: account }: Options,
  signal: AbortSignal,
): Promise<{ token: string; ca?: string | undefined }> {
  if (tokenFile !== undefined) return { token: tokenOf(await readFileOr(tokenFile), tokenFile) };
  if (tokenStdin) {
    const bytes = await readLimited(stdin, MAX_TOKEN_BYTES);
    return { token: tokenOf(bytes.toString('utf8'), '--token-stdin') };
  }
  if (kubeconfig === undefined && account === undefined)
    throw invalid('skerry login', 'no token: give --token-file, --token-stdin or --kubeconfig');
  // Kubernetes' own client library takes longer to load than most commands take to run.
  const { kubeconfigLogin } = await import('../kubeconfig-login.ts');
  const path = typeof kubeconfig === 'string' ? kubeconfig : defaultKubeconfig(env);
  return await kubeconfigLogin({ path, context, account }, signal);
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
function tokenOf(text: string, subject: string): string {
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

function parseUrl(text: string): string {
  const url = URL.parse(text);
  // A token must not go over a line that anybody can read.
  if (url?.protocol !== 'https:' || url.username !== '' || url.pathname !== '/' || url.search !== '')
    throw new InvalidArgumentError('an address as https://HOST[:PORT]');
  return url.origin;
}

function parseAccount(text: string): ServiceAccount {
  const [, namespace = '', name = ''] = /^([a-z0-9-]{1,63})\/([a-z0-9.-]{1,253})$/.exec(text) ?? [];
  if (name === '') throw new InvalidArgumentError('a ServiceAccount as NAMESPACE/NAME');
  return { namespace, name };
}

function parseFingerprint(text: string): string {
  if (!KeyFingerprint.safeParse(text).success)
    throw new InvalidArgumentError('a fingerprint as SHA256: and 43 characters');
  return text;
}

function invalid(subject: string, detail: string) {
  return platformError('LOGIN_INVALID', { subject, detail });
}
