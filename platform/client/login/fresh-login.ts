import { isSkerryError } from '../../../content/error.ts';
import { platformError } from '../../errors.ts';
import { endOf, renewalOf } from '../../oidc/token-claims.ts';
import { type Login, type LoginPlace, loginPlace, readLogin, writeLogin } from './login-file.ts';
import { withLoginLock } from './login-lock.ts';

/**
 * The login, with a token that does not end soon where the identity provider can be asked for another one.
 * `now` is milliseconds since 1970. Throws NOT_LOGGED_IN, LOGIN_FILE_INVALID, LOGIN_ENDED and ISSUER_UNREACHABLE.
 */
export async function freshLogin(env: NodeJS.ProcessEnv, now: () => number): Promise<Login> {
  const place = loginPlace(env);
  const login = await readLogin(place);
  if (!isDue(login, now())) return login;
  return await withLoginLock(place.file, async () => {
    // Another program may have been quicker: an identity provider takes a refresh token but once.
    const current = await readLogin(place);
    return isDue(current, now()) ? await refresh(place, current, now) : current;
  });
}

/** Gives the token of a login for each request: that of the file, again and again, for as long as a program runs. */
export function tokenOf(login: Login, env: NodeJS.ProcessEnv, now: () => number): () => Promise<string> {
  let current = login;
  return async () => {
    if (isDue(current, now())) {
      const fresh = await freshLogin(env, now);
      // Somebody logged in to another hub meanwhile, whose token is none for this one.
      if (fresh.url !== login.url) throw platformError('LOGIN_ENDED', { subject: login.url });
      current = fresh;
    }
    return current.token;
  };
}

function isDue({ token, refresh: next }: Login, now: number): boolean {
  return next !== undefined && now >= (renewalOf(token) ?? Number.POSITIVE_INFINITY);
}

async function refresh(place: LoginPlace, login: Login, now: () => number): Promise<Login> {
  const { refresh: known } = login;
  if (known === undefined) return login;
  // The OpenID client takes longer to load than most commands run.
  const { refreshLogin } = await import('./refresh-login.ts');
  try {
    const fresh = await refreshLogin(login, known);
    await writeLogin(place, fresh);
    return fresh;
  } catch (error) {
    if (isSkerryError(error, 'SIGN_IN_REFUSED'))
      throw platformError('LOGIN_ENDED', { subject: login.url, detail: error.detail, cause: error });
    if (isSkerryError(error, 'ISSUER_UNREACHABLE') && (endOf(login.token) ?? 0) > now()) return login;
    throw error;
  }
}
