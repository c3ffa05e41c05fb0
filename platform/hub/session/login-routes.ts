import { z } from 'zod';
import { isSkerryError } from '../../../content/error.ts';
import { platformError } from '../../errors.ts';
import { beginLogin, finishLogin } from '../../oidc/code-flow.ts';
import type { Issuer } from '../../oidc/issuer.ts';
import type { Access } from '../http/access.ts';
import { nothing, Reply, type Route, route } from '../http/route.ts';
import { loginCookieName, readCookies, setCookie } from './cookie.ts';
import { returnPath } from './return-path.ts';
import type { SessionKeys } from './session-keys.ts';
import type { Sessions } from './sessions.ts';
import { StoredLogin } from './stored-session.ts';

export interface LoginRoutesOptions {
  readonly access: Pick<Access, 'authenticate'>;
  readonly sessions: Pick<Sessions, 'begin'>;
  readonly keys: Pick<SessionKeys, 'seal' | 'open'>;
  readonly issuer?: Issuer | undefined;
  /** What programs of people are known as to the issuer; the hub's own where absent. */
  readonly programClientId?: string | undefined;
  /** `https://HOST[:PORT]` as browsers see the hub; what they ask for when absent. */
  readonly publicUrl?: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const TAG = 'session';
const PURPOSE = 'login';
/** So long (seconds) somebody may take at the identity provider. */
const LOGIN_SECONDS = 600;

const IssuerAnswer = z.object({
  issuer: z.string(),
  clientId: z.string(),
  scopes: z.array(z.string()),
  ca: z.string().optional().meta({ description: 'Authorities (PEM) that the issuer is known by.' }),
});
const CallbackQuery = z.looseObject({ state: z.string().min(1).max(500) });

/** How people sign in at an identity provider: browsers through the hub, programs by themselves. */
export function loginRoutes(options: LoginRoutesOptions): Route[] {
  const { access, sessions, keys, issuer, now } = options;
  const known = () => {
    if (issuer === undefined) throw platformError('ISSUER_UNKNOWN', { subject: 'hub' });
    return issuer;
  };
  return [
    route({
      path: '/auth/issuer',
      operationId: 'getIssuer',
      summary: 'Says with which identity provider programs sign in',
      tag: TAG,
      params: nothing,
      query: nothing,
      answers: 'Issuer',
      response: IssuerAnswer,
      problems: ['ISSUER_UNKNOWN'],
      answer: () => {
        const { url, clientId, scopes, ca } = known().setting;
        return { issuer: url, clientId: options.programClientId ?? clientId, scopes: [...scopes], ca };
      },
    }),
    route({
      path: '/auth/login',
      operationId: 'beginLogin',
      summary: 'Sends a browser to the identity provider',
      tag: TAG,
      entry: true,
      page: true,
      params: nothing,
      query: z.strictObject({ return: z.string().max(2_000).optional() }),
      status: 302,
      answers: 'Nothing',
      response: z.undefined(),
      problems: ['ISSUER_UNKNOWN', 'ISSUER_UNREACHABLE'],
      answer: async ({ query, caller }) => {
        const { url, ...begun } = await beginLogin(known(), `${originOf(options, caller)}/auth/callback`);
        const endsAt = Math.floor(now() / 1000) + LOGIN_SECONDS;
        const login: StoredLogin = { ...begun, returnTo: returnPath(query.return), endsAt };
        const name = loginCookieName(begun.state);
        const cookie = setCookie(name, keys.seal(login, PURPOSE), LOGIN_SECONDS);
        return new Reply(undefined, { headers: { location: url, 'set-cookie': [cookie] } });
      },
    }),
    route({
      path: '/auth/callback',
      operationId: 'finishLogin',
      summary: 'Takes a browser back from the identity provider',
      tag: TAG,
      entry: true,
      page: true,
      params: nothing,
      query: CallbackQuery,
      status: 302,
      answers: 'Nothing',
      response: z.undefined(),
      problems: [
        'ISSUER_UNKNOWN',
        'ISSUER_UNREACHABLE',
        'SIGN_IN_REFUSED',
        'SIGN_IN_UNKNOWN',
        'SESSION_TOO_LARGE',
      ],
      answer: async ({ query, caller }) => {
        const name = loginCookieName(query.state);
        const opened = await keys.open(readCookies(caller.cookie).get(name) ?? '', PURPOSE);
        const login = StoredLogin.safeParse(opened?.value).data;
        if (login === undefined || login.endsAt * 1000 < now() || login.state !== query.state)
          throw platformError('SIGN_IN_UNKNOWN', { subject: 'sign-in' });
        const tokens = await finishLogin(known(), login, caller.search);
        // The cluster has the last word, and says it before there is a session.
        const { user } = await access
          .authenticate({ authorization: `Bearer ${tokens.idToken}` })
          .catch((error: unknown) => {
            if (!isSkerryError(error, 'UNAUTHENTICATED')) throw error;
            throw platformError('SIGN_IN_REFUSED', {
              subject: 'cluster',
              detail: 'it does not know the ID token of this issuer',
              cause: error,
            });
          });
        const cookies = [...sessions.begin('oidc', tokens), setCookie(name, '', 0)];
        return new Reply(undefined, {
          headers: { location: login.returnTo, 'set-cookie': cookies },
          session: user.username,
        });
      },
    }),
  ];
}

/** The hub as the browser sees it that asks. */
export function originOf(
  { publicUrl }: Pick<LoginRoutesOptions, 'publicUrl'>,
  { host }: { readonly host: string | undefined },
): string {
  return publicUrl ?? `https://${host ?? 'localhost'}`;
}
