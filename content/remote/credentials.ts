import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { hasCode } from '../bytes/blob-file.ts';
import { isSkerryError, messageOf, type SkerryError } from '../error.ts';
import { contentError } from '../errors.ts';
import { tryJson } from '../json.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Where credentials for a registry host come from; undefined for anonymous access. */
export type CredentialSource = (host: string) => Promise<Credentials | undefined>;

const AuthEntry = z.looseObject({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
});
type AuthEntry = z.infer<typeof AuthEntry>;
const ConfigFile = z.looseObject({
  auths: z.record(z.string(), AuthEntry).optional(),
  credsStore: z.string().optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
});
type ConfigFile = z.infer<typeof ConfigFile>;

const HelperAnswer = z.looseObject({ Username: z.string(), Secret: z.string() });
const HELPER_NAME = /^[a-zA-Z0-9._-]+$/;
const HELPER_TIMEOUT_MS = 30_000;

/**
 * Credentials as every container tool keeps them: `auth.json` (containers-auth.json(5)), then docker's `config.json`,
 * with their credential helpers. `env` names the places. Where one of them can't be read or asked and no other has a
 * login, nobody is anonymous in silence: throws CREDENTIALS_UNREADABLE, CREDENTIAL_HELPER_FAILED.
 */
export function credentialFiles(env: NodeJS.ProcessEnv): CredentialSource {
  const paths = [
    env.REGISTRY_AUTH_FILE,
    env.XDG_RUNTIME_DIR && join(env.XDG_RUNTIME_DIR, 'containers/auth.json'),
    env.DOCKER_CONFIG
      ? join(env.DOCKER_CONFIG, 'config.json')
      : env.HOME && join(env.HOME, '.docker/config.json'),
  ].filter((path): path is string => Boolean(path));
  return async (host) => {
    const failures: SkerryError[] = [];
    for (const path of paths) {
      const answer = await lookIn(path, host);
      if (isSkerryError(answer)) failures.push(answer);
      else if (answer !== undefined) return answer;
    }
    const [failure] = failures;
    if (failure !== undefined) throw failure;
    return undefined;
  };
}

/** The credentials, or why they can't be had. */
async function lookIn(path: string, host: string): Promise<Credentials | SkerryError | undefined> {
  try {
    const config = await readConfig(path);
    return config && (await lookUp(config, path, host));
  } catch (error) {
    if (isSkerryError(error)) return error;
    throw error;
  }
}

async function readConfig(path: string): Promise<ConfigFile | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (hasCode(cause, 'ENOENT') || hasCode(cause, 'ENOTDIR')) return undefined;
    throw contentError('CREDENTIALS_UNREADABLE', { subject: path, detail: messageOf(cause), cause });
  }
  // Podman leaves an empty file behind where nobody is logged in any more.
  if (text.trim() === '') return undefined;
  const parsed = ConfigFile.safeParse(tryJson(text));
  if (parsed.success) return parsed.data;
  // Without the cause: what JSON.parse says quotes the text, and this text is secrets.
  throw contentError('CREDENTIALS_UNREADABLE', { subject: path, detail: 'not a credentials file' });
}

async function lookUp(
  config: ConfigFile,
  path: string,
  host: string,
): Promise<Credentials | SkerryError | undefined> {
  const hub = HUB_HOSTS.includes(host);
  const isMeant = (name: string) => hostOf(name) === host || (hub && HUB_HOSTS.includes(hostOf(name)));
  const helper =
    Object.entries(config.credHelpers ?? {}).find(([name]) => isMeant(name))?.[1] ?? config.credsStore;
  const asked = helper ? await askHelper(helper, path, hub ? HUB_NAME : host) : undefined;
  if (asked !== undefined && !isSkerryError(asked)) return asked;
  for (const [name, entry] of Object.entries(config.auths ?? {})) {
    const found = isMeant(name) ? credentialsIn(entry) : undefined;
    if (found) return found;
  }
  return asked;
}

/** Docker Hub's entry has kept the address of its first API, whatever host is asked. */
const HUB_NAME = 'https://index.docker.io/v1/';
const HUB_HOSTS = ['docker.io', 'index.docker.io', 'registry-1.docker.io'];

// Docker's old entries are addresses. A path without a scheme is the namespace of a containers-auth.json(5) entry, which
// is for less than the whole host.
function hostOf(name: string): string {
  return /^https?:\/\//.test(name) ? (URL.parse(name)?.host ?? name) : name;
}

function credentialsIn({ username, password, auth }: AuthEntry): Credentials | undefined {
  if (username && password) return { username, password };
  const [name, ...rest] = Buffer.from(auth ?? '', 'base64')
    .toString()
    .split(':');
  return name && rest.length > 0 ? { username: name, password: rest.join(':') } : undefined;
}

// The helper protocol: `docker-credential-NAME get`, the host on standard input, JSON on standard output. It fails, too,
// when it simply has no login for the host, and says so in words that docker's helpers share.
async function askHelper(
  helper: string,
  path: string,
  host: string,
): Promise<Credentials | SkerryError | undefined> {
  const program = `docker-credential-${helper}`;
  const failed = (detail: string) =>
    contentError('CREDENTIAL_HELPER_FAILED', { subject: `${program}, named in ${path}`, detail });
  if (!HELPER_NAME.test(helper)) return failed('not the name of a helper');
  const answer = await new Promise<{ error: Error | null; text: string; said: string }>((resolve) => {
    const child = execFile(program, ['get'], { timeout: HELPER_TIMEOUT_MS }, (error, text, said) =>
      resolve({ error, text, said }),
    );
    child.stdin?.on('error', () => {});
    child.stdin?.end(host);
  });
  if (answer.error !== null) {
    // On failure it prints a message, never a login.
    const said = `${answer.text} ${answer.said}`.trim().slice(0, 300);
    return /credentials not found|not logged in/i.test(said)
      ? undefined
      : failed(said || reasonOf(answer.error));
  }
  const parsed = HelperAnswer.safeParse(tryJson(answer.text));
  if (!parsed.success) return failed('its answer is not what the protocol asks for');
  const { Username: username, Secret: password } = parsed.data;
  return username === '' && password === '' ? undefined : { username, password };
}

function reasonOf(error: Error): string {
  if ('killed' in error && error.killed) return `no answer within ${HELPER_TIMEOUT_MS / 1000} s`;
  return hasCode(error, 'ENOENT') ? 'there is no such program on the PATH' : error.message;
}
