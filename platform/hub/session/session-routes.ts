import { z } from 'zod';
import { isSkerryError } from '../../../content/error.ts';
import { logoutUrl } from '../../oidc/code-flow.ts';
import type { Admitted, Credentials } from '../http/access.ts';
import { nothing, Reply, type Route, route } from '../http/route.ts';
import { ProjectName } from '../resources/wire-object.ts';
import { type LoginRoutesOptions, loginRoutes, originOf } from './login-routes.ts';
import { type Permits, Rule, rulesOf } from './own-rules.ts';
import { HOME_PATH } from './return-path.ts';
import type { Sessions } from './sessions.ts';
import { SignInNeeded, Way } from './sign-in-needed.ts';

export interface SessionRoutesOptions extends LoginRoutesOptions {
  readonly permits: Permits;
  readonly sessions: Pick<Sessions, 'begin' | 'end'>;
}

const TAG = 'session';
const Session = z.object({
  user: z.string(),
  groups: z.array(z.string()),
  via: z.enum(['cookie', 'bearer']),
  expires: z.iso.datetime().optional().meta({ description: 'When the user must sign in again.' }),
  ways: z.array(Way),
  issuer: z.string().optional(),
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
/** How people in browsers sign in and out, and what they may do. */
export function sessionRoutes(options: SessionRoutesOptions): Route[] {
  const { access, sessions, issuer } = options;
  const ways: Way[] = issuer === undefined ? ['token'] : ['oidc', 'token'];
  const about = { ways, issuer: issuer?.setting.url };
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
    ...loginRoutes(options),
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
        const admitted = await access.authenticate({ authorization: `Bearer ${token}` });
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
            : await logoutUrl(issuer, session.token, `${originOf(options, caller)}${HOME_PATH}`).catch(
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
