import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../../content/error.ts';
import { tryJson } from '../../content/json.ts';
import { platformError } from '../errors.ts';

/** What `skerry login` keeps: which hub, how it is known, who asks, and the project that is meant where none is named. */
const Login = z.strictObject({
  version: z.literal(1),
  url: z.string().regex(/^https:\/\/[^/]+$/),
  ca: z.string().optional(),
  token: z.string().min(1),
  project: z.string().optional(),
});
export type Login = z.infer<typeof Login>;

/** Where it is kept (XDG Base Directory Specification). */
export function loginPath(env: NodeJS.ProcessEnv): string {
  const folder = env.XDG_CONFIG_HOME?.startsWith('/')
    ? env.XDG_CONFIG_HOME
    : join(env.HOME ?? homedir(), '.config');
  return join(folder, 'skerry', 'hub.json');
}

/** Throws NOT_LOGGED_IN and LOGIN_FILE_INVALID. */
export async function readLogin(path: string): Promise<Login> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw isMissing(cause)
      ? platformError('NOT_LOGGED_IN', { subject: path })
      : platformError('LOGIN_FILE_INVALID', { subject: path, detail: messageOf(cause), cause });
  });
  const parsed = Login.safeParse(tryJson(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw platformError('LOGIN_FILE_INVALID', {
    subject: path,
    detail: `${issue?.path.join('.')}: ${issue?.message}`,
  });
}

/** Only its owner can read it, from its first byte on; a crash leaves the old one or the new one. */
export async function writeLogin(path: string, login: Login): Promise<void> {
  const fresh = `${path}.${randomUUID()}`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(fresh, `${JSON.stringify(login, null, 2)}\n`, { mode: 0o600, flag: 'wx', flush: true });
    await rename(fresh, path);
  } catch (cause) {
    await rm(fresh, { force: true });
    throw platformError('LOGIN_FILE_INVALID', { subject: path, detail: messageOf(cause), cause });
  }
}

/** False when there was nothing to forget. */
export async function removeLogin(path: string): Promise<boolean> {
  try {
    await rm(path);
    return true;
  } catch (cause) {
    if (isMissing(cause)) return false;
    throw platformError('LOGIN_FILE_INVALID', { subject: path, detail: messageOf(cause), cause });
  }
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR');
}
