import { readFile } from 'node:fs/promises';
import { messageOf } from '../../../content/error.ts';
import { platformError } from '../../errors.ts';
import type { SignInOptions } from './open-sign-in.ts';
import type { SignInFlags } from './sign-in-flags.ts';

/** What the options of a command line say of signing in; `namespace` is the hub's own. Throws HUB_OPTION_INVALID. */
export async function signInOf(flags: SignInFlags, namespace: string): Promise<SignInOptions | undefined> {
  const { sessions, sessionSecret: secret, sessionHours: hours, publicUrl, oidcIssuer, oidcClientId } = flags;
  if (!sessions) return undefined;
  const { impersonate } = flags;
  const options = { namespace, secret, hours, publicUrl, ...(impersonate === true ? { impersonate } : {}) };
  if (oidcIssuer === undefined && oidcClientId === undefined) return options;
  if (oidcIssuer === undefined || oidcClientId === undefined) {
    const missing = oidcIssuer === undefined ? '--oidc-issuer' : '--oidc-client-id';
    throw platformError('HUB_OPTION_INVALID', {
      subject: missing,
      detail: '--oidc-issuer and --oidc-client-id go together',
    });
  }
  const clientSecret = await read('--oidc-client-secret-file', flags.oidcClientSecretFile);
  const { oidcUsernameClaim: username, oidcGroupsClaim: groups, oidcPrefix: prefix } = flags;
  return {
    ...options,
    issuer: {
      url: oidcIssuer,
      clientId: oidcClientId,
      clientSecret: clientSecret?.trim(),
      ca: await read('--oidc-ca', flags.oidcCa),
      scopes: flags.oidcScope,
    },
    programClientId: flags.oidcProgramClientId,
    claims: flags.oidcVerify === true ? { username, groups, prefix } : undefined,
  };
}

async function read(option: string, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw platformError('HUB_OPTION_INVALID', { subject: option, detail: messageOf(cause), cause });
  }
}
