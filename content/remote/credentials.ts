import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
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
 * with their credential helpers. `env` names the places. Throws REGISTRY_DENIED for a file that can't be understood.
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
    for (const path of paths) {
      const config = await readConfig(path);
      const found = config && (await lookUp(config, host));
      if (found) return found;
    }
    return undefined;
  };
}

async function readConfig(path: string): Promise<ConfigFile | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
  const parsed = ConfigFile.safeParse(tryJson(text));
  if (parsed.success) return parsed.data;
  // Without the cause: what JSON.parse says quotes the text, and this text is secrets.
  throw contentError('REGISTRY_DENIED', {
    subject: path,
    detail: 'not a credentials file',
    remedy: 'Mend the file or remove it, then log in again.',
  });
}

async function lookUp(config: ConfigFile, host: string): Promise<Credentials | undefined> {
  const hub = HUB_HOSTS.includes(host);
  const isMeant = (name: string) => hostOf(name) === host || (hub && HUB_HOSTS.includes(hostOf(name)));
  const helper =
    Object.entries(config.credHelpers ?? {}).find(([name]) => isMeant(name))?.[1] ?? config.credsStore;
  const asked = helper && (await askHelper(helper, hub ? HUB_NAME : host));
  if (asked) return asked;
  for (const [name, entry] of Object.entries(config.auths ?? {})) {
    const found = isMeant(name) ? credentialsIn(entry) : undefined;
    if (found) return found;
  }
  return undefined;
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

// The helper protocol: `docker-credential-NAME get`, the host on standard input, JSON on standard output.
async function askHelper(helper: string, host: string): Promise<Credentials | undefined> {
  if (!HELPER_NAME.test(helper)) return undefined;
  const answer = await new Promise<string | undefined>((resolve) => {
    const child = execFile(
      `docker-credential-${helper}`,
      ['get'],
      { timeout: HELPER_TIMEOUT_MS },
      (error, stdout) => resolve(error ? undefined : stdout),
    );
    child.stdin?.on('error', () => {});
    child.stdin?.end(host);
  });
  if (answer === undefined) return undefined;
  const parsed = HelperAnswer.safeParse(tryJson(answer));
  return parsed.success ? { username: parsed.data.Username, password: parsed.data.Secret } : undefined;
}
