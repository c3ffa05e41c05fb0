import { HubConnection } from '../client/connection/connection.ts';
import { platformError } from '../errors.ts';
import { HubAccess, type HubSetting } from './hub-access.ts';

/**
 * The hub that a provider's configuration names; what it leaves out comes from SKERRY_HUB, SKERRY_CA, SKERRY_TOKEN and
 * SKERRY_PROJECT, then from the login of the command line. Throws NOT_LOGGED_IN,
 * LOGIN_FILE_INVALID and LOGIN_ENDED.
 */
export async function openHub(setting: HubSetting, env: NodeJS.ProcessEnv): Promise<HubAccess> {
  const named = {
    url: setting.url ?? (env.SKERRY_HUB || undefined),
    ca: setting.ca ?? (env.SKERRY_CA || undefined),
    token: setting.token ?? (env.SKERRY_TOKEN || undefined),
    project: setting.project ?? (env.SKERRY_PROJECT || undefined),
  };
  if (named.url !== undefined && named.token !== undefined)
    return new HubAccess(
      new HubConnection({ url: named.url, ca: named.ca, token: named.token }),
      named.project,
    );
  // What renews a login is much, and seldom needed where machines ask.
  const { freshLogin, tokenOf } = await import('../client/login/fresh-login.ts');
  const login = await freshLogin(env, Date.now);
  // A token is for the hub that gave it, and goes to no other.
  if (named.url !== undefined && new URL(named.url).origin !== new URL(login.url).origin)
    throw platformError('NOT_LOGGED_IN', { subject: named.url });
  const address = {
    url: login.url,
    ca: named.ca ?? login.ca,
    token: named.token ?? tokenOf(login, env, Date.now),
  };
  return new HubAccess(new HubConnection(address), named.project ?? login.project);
}
