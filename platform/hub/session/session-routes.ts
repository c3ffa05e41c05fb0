import { z } from 'zod';
import { isSkerryError } from '../../../content/error.ts';
import { platformError } from '../../errors.ts';
import { beginLogin, finishLogin, logoutUrl } from '../../oidc/code-flow.ts';
import type { Issuer } from '../../oidc/issuer.ts';
import type { Access, Admitted, Credentials } from '../http/access.ts';
import { nothing, Reply, type Route, route } from '../http/route.ts';
import { ProjectName } from '../resources/wire-object.ts';
import { loginCookieName, readCookies, setCookie } from './cookie.ts';
import { type Permits, Rule, rulesOf } from './own-rules.ts';
import { HOME_PATH, returnPath } from './return-path.ts';
import type { SessionKeys } from './session-keys.ts';
import type { Sessions } from './sessions.ts';
import { SignInNeeded, Way } from './sign-in-needed.ts';
import { StoredLogin } from './stored-session.ts';

export interface SessionRoutesOptions {
  readonly access: Pick<Access, 'authenticate'>;
  readonly permits: Permits;
  readonly sessions: Pick<Sessions, 'begin' | 'end'>;
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

const Session = z.object({
  user: z.string(),
  groups: z.array(z.string()),
  via: z.enum(['cookie', 'bearer']),
  expires: z.iso.datetime().optional().meta({ description: 'When whoever it is must sign in again.' }),
  ways: z.array(Way),
  issuer: z.string().optional(),
});
const IssuerAnswer = z.object({
  issuer: z.string(),
  clientId: z.string(),
  scopes: z.array(z.string()),
  ca: z.string().optional().meta({ description: 'Authorities (PEM) that the issuer is known by.' }),
});
const Pasted = z.strictObject({
  token: z
    .string()
    .max(16 * 1024)
    .regex(/^[A-Za-z0-9._~+/-]+=*$/)
    .meta({ description: 'A bearer token of a Kubernetes user.' }),
});
const LoggedOut = z.object({
  url: z.string().optional().meta({ description: 'Where the browser signs out at the issuer too.' }),
});
const CallbackQuery = z.looseObject({ state: z.string().min(1).max(500) });

/** How people in browsers sign in and out, and what they may do. */
export function sessionRoutes(options: SessionRoutesOptions): Route[] {
  const { access, sessions, keys, issuer, now } = options;
  const ways: Way[] = issuer === undefined ? ['token'] : ['oidc', 'token'];
  const about = { ways, issuer: issuer?.setting.url };
  const known = () => {
    if (issuer === undefined) throw platformError('ISSUER_UNKNOWN', { subject: 'hub' });
    return issuer;
  };
  const originFor = (host: string | undefined) => options.publicUrl ?? `https://${host ?? 'localhost'}`;
  const sessionOf = ({ user, via, endsAt }: Admitted) => ({
    ...{ user: user.username, groups: user.groups ?? [], via },
    ...(endsAt === undefined ? {} : { expires: new Date(endsAt).toISOString() }),
    ...about,
  });
  const admit = async (credentials: Credentials) => {
    try {
      return await access.authenticate(credentials);
    } catch (error) {
      if (!isSkerryError(error, 'UNAUTHENTICATED') && !isSkerryError(error, 'SESSION_ENDED')) throw error;
      throw new SignInNeeded(error, about);
    }
  };
  // Of a session that is about to end, for the audit; whose it was matters to nothing else.
  const userOf = async ({ cookie }: Credentials) => {
    const admitted = await access.authenticate({ cookie }, false).catch((error: unknown) => {
      if (!isSkerryError(error)) throw error;
      return undefined;
    });
    return admitted?.user.username;
  };
  return [
    route({
      path: '/auth/session',
      operationId: 'getSession',
      summary: 'Says who asks, and how one may sign in',
      tag: TAG,
      entry: true,
      params: nothing,
      query: nothing,
      answers: 'Session',
      response: Session,
      problems: ['UNAUTHENTICATED', 'SESSION_ENDED', 'ISSUER_UNREACHABLE'],
      answer: async ({ caller }) => {
        const admitted = await admit(caller);
        return new Reply(sessionOf(admitted), { headers: { 'set-cookie': admitted.cookies } });
      },
    }),
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
        const { url, ...begun } = await beginLogin(known(), `${originFor(caller.host)}/auth/callback`);
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
        const { user } = await access.authenticate(bearer(tokens.idToken)).catch((error: unknown) => {
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
    route({
      method: 'POST',
      path: '/auth/token',
      operationId: 'signInWithToken',
      summary: 'Begins a session with the token of a Kubernetes user, for a browser',
      tag: TAG,
      entry: true,
      params: nothing,
      query: nothing,
      body: Pasted,
      takes: 'PastedToken',
      answers: 'Session',
      response: Session,
      problems: ['UNAUTHENTICATED', 'ORIGIN_REFUSED', 'SESSION_TOO_LARGE'],
      answer: async ({ body: { token } }) => {
        const admitted = await access.authenticate(bearer(token));
        const cookies = sessions.begin('token', { idToken: token });
        const session = { ...sessionOf(admitted), via: 'cookie' as const };
        return new Reply(session, { headers: { 'set-cookie': cookies }, session: session.user });
      },
    }),
    route({
      method: 'POST',
      path: '/auth/logout',
      operationId: 'logOut',
      summary: "Ends a browser's session",
      tag: TAG,
      entry: true,
      params: nothing,
      query: nothing,
      answers: 'LoggedOut',
      response: LoggedOut,
      problems: ['ORIGIN_REFUSED'],
      answer: async ({ caller }) => {
        const user = await userOf(caller);
        const { cookies, session } = await sessions.end(caller.cookie);
        const url =
          issuer === undefined || session?.via !== 'oidc'
            ? undefined
            : await logoutUrl(issuer, session.token, `${originFor(caller.host)}${HOME_PATH}`).catch(
                (error: unknown) => {
                  if (!isSkerryError(error, 'ISSUER_UNREACHABLE')) throw error;
                  return undefined;
                },
              );
        return new Reply(url === undefined ? {} : { url }, {
          headers: { 'set-cookie': cookies },
          session: user,
        });
      },
    }),
    route({
      path: '/auth/access',
      operationId: 'getAccess',
      summary: 'Says what the user may do in a project, or everywhere',
      tag: TAG,
      params: nothing,
      query: z.strictObject({ project: ProjectName.optional() }),
      answers: 'Access',
      response: z.object({ rules: z.array(Rule) }),
      action: () => [],
      answer: async ({ query: { project }, user }) => ({
        rules: await rulesOf(options.permits, user, project),
      }),
    }),
  ];
}

function bearer(token: string): Credentials {
  return { authorization: `Bearer ${token}` };
}
