import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { contentError } from '../errors.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Where credentials for a registry host come from; undefined for anonymous access. */
export type CredentialSource = (host: string) => Promise<Credentials | undefined>;

const ConfigFile = z.looseObject({
  auths: z
    .record(
      z.string(),
      z.looseObject({
        auth: z.string().optional(),
        username: z.string().optional(),
        password: z.string().optional(),
      }),
    )
    .optional(),
  credsStore: z.string().optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
});
type ConfigFile = z.infer<typeof ConfigFile>;

const HelperAnswer = z.looseObject({ Username: z.string(), Secret: z.string() });
const HELPER_NAME = /^[a-zA-Z0-9._-]+$/;
const HELPER_TIMEOUT_MS = 30_000;

/**
 * Credentials as every container tool keeps them: `auth.json` (containers-auth.json(5)), then docker's `config.json`,
 * with their credential helpers. `env` names the places.
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
  try {
    return ConfigFile.parse(JSON.parse(text));
  } catch (cause) {
    throw contentError('REGISTRY_DENIED', { subject: path, detail: 'not a credentials file', cause });
  }
}

async function lookUp(config: ConfigFile, host: string): Promise<Credentials | undefined> {
  const names = namesOf(host);
  const helper = names.map((name) => config.credHelpers?.[name]).find(Boolean) ?? config.credsStore;
  if (helper) {
    const found = await askHelper(helper, names[0] ?? host);
    if (found) return found;
  }
  for (const name of names) {
    const entry = config.auths?.[name];
    if (entry?.username && entry.password) return { username: entry.username, password: entry.password };
    const [username, ...password] = Buffer.from(entry?.auth ?? '', 'base64')
      .toString()
      .split(':');
    if (username && password.length > 0) return { username, password: password.join(':') };
  }
  return undefined;
}

// docker.io's entry has kept the address of its first API.
function namesOf(host: string): string[] {
  const names = [host, `https://${host}`];
  return host === 'docker.io' ? [...names, 'https://index.docker.io/v1/', 'index.docker.io'] : names;
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

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
