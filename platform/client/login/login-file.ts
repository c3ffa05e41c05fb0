import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { hasCode, replaceFile } from '../../../content/bytes/blob-file.ts';
import { messageOf } from '../../../content/error.ts';
import { tryJson } from '../../../content/json.ts';
import { platformError } from '../../errors.ts';
import { openText, sealText } from '../../oidc/sealed.ts';

/** How another token is had once this one ends: at whose identity provider, and as what. */
const Refresh = z.strictObject({
  token: z.string().min(1),
  issuer: z.string().min(1),
  clientId: z.string().min(1),
  ca: z.string().optional(),
  scopes: z.array(z.string()),
});
const Secrets = z.strictObject({ token: z.string().min(1), refresh: Refresh.optional() });
const Place = z.strictObject({
  url: z.string().regex(/^https:\/\/[^/]+$/),
  ca: z.string().optional(),
  project: z.string().optional(),
});
const LoginFile = z.discriminatedUnion('version', [
  // Of the first release: the token stands there as it is.
  z.strictObject({ version: z.literal(1), ...Place.shape, token: z.string().min(1) }),
  z.strictObject({ version: z.literal(2), ...Place.shape, sealed: z.string().min(1) }),
]);

/** What `skerry login` keeps: which hub, how it is known, who asks, and the project that is meant where none is named. */
export type Login = z.infer<typeof Place> & z.infer<typeof Secrets>;

/** The file of a login, and that of the key which opens the tokens in it. */
export interface LoginPlace {
  readonly file: string;
  readonly key: string;
}

const KEY_BYTES = 32;
const PURPOSE = 'login file';

/**
 * Where it is kept (XDG Base Directory Specification): the key apart from the file, among what no one carries from one
 * machine to another, so that a copy of the one is good for nothing without the other.
 */
export function loginPlace(env: NodeJS.ProcessEnv): LoginPlace {
  const folder = (set: string | undefined, otherwise: string) =>
    join(set?.startsWith('/') ? set : join(env.HOME ?? homedir(), otherwise), 'skerry');
  return {
    file: join(folder(env.XDG_CONFIG_HOME, '.config'), 'hub.json'),
    key: join(folder(env.XDG_STATE_HOME, '.local/state'), 'login.key'),
  };
}

/** Throws NOT_LOGGED_IN and LOGIN_FILE_INVALID. */
export async function readLogin({ file, key }: LoginPlace): Promise<Login> {
  const stored = await readStored(file);
  if (stored.version === 1) {
    const { version: _, ...login } = stored;
    return login;
  }
  const { version: _, sealed, ...place } = stored;
  const secrets = Secrets.safeParse(openText(sealed, PURPOSE, { id: 1, key: await readKey(key) }));
  if (!secrets.success) throw invalid(file, `${key} is not the key of it, or it was changed`);
  return { ...place, ...secrets.data };
}

/** Which hub was logged in to, whether or not its token can still be had. Throws as readLogin does. */
export async function readLastPlace({ file }: LoginPlace): Promise<z.infer<typeof Place>> {
  const { url, ca, project } = await readStored(file);
  return { url, ...(ca === undefined ? {} : { ca }), ...(project === undefined ? {} : { project }) };
}

async function readStored(file: string): Promise<z.infer<typeof LoginFile>> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw isMissing(cause)
      ? platformError('NOT_LOGGED_IN', { subject: file })
      : invalid(file, messageOf(cause), cause);
  });
  const parsed = LoginFile.safeParse(tryJson(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid(file, `${issue?.path.join('.')}: ${issue?.message}`);
}

/** Only its owner can read it, from its first byte on; a crash leaves the old one or the new one. */
export async function writeLogin({ file, key }: LoginPlace, login: Login): Promise<void> {
  const { token, refresh, ...place } = login;
  const sealed = sealText({ token, refresh }, PURPOSE, { id: 1, key: await keyOf(key) });
  const text = `${JSON.stringify({ version: 2, ...place, sealed }, null, 2)}\n`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await replaceFile(file, text, undefined, 0o600);
  } catch (cause) {
    throw invalid(file, messageOf(cause), cause);
  }
}

/** False when there was nothing to forget. */
export async function removeLogin({ file }: LoginPlace): Promise<boolean> {
  try {
    await rm(file);
    return true;
  } catch (cause) {
    if (isMissing(cause)) return false;
    throw invalid(file, messageOf(cause), cause);
  }
}

// One that is there stays: several logins may be written at once.
async function keyOf(path: string): Promise<Buffer> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, `${randomBytes(KEY_BYTES).toString('base64')}\n`, {
      ...{ mode: 0o600, flag: 'wx', flush: true },
    });
  } catch (cause) {
    if (!hasCode(cause, 'EEXIST')) throw invalid(path, messageOf(cause), cause);
  }
  return await readKey(path);
}

async function readKey(path: string): Promise<Buffer> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw invalid(path, messageOf(cause), cause);
  });
  const key = Buffer.from(text.trim(), 'base64');
  if (key.byteLength === KEY_BYTES) return key;
  throw invalid(path, 'it holds no key');
}

function invalid(subject: string, detail: string, cause?: unknown) {
  return platformError('LOGIN_FILE_INVALID', { subject, detail, cause });
}

function isMissing(cause: unknown): boolean {
  return hasCode(cause, 'ENOENT') || hasCode(cause, 'ENOTDIR');
}
