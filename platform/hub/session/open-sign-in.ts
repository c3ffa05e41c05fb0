import { randomUUID } from 'node:crypto';
import type { KubeClient } from '../../../apply/client/client.ts';
import { Issuer, type IssuerSetting } from '../../oidc/issuer.ts';
import type { Kubernetes } from '../kubernetes.ts';
import { EndedSessions } from './ended-sessions.ts';
import { type ClaimMapping, IdTokens } from './id-token.ts';
import { SessionKeys } from './session-keys.ts';
import { Sessions } from './sessions.ts';

/** How people sign in with a browser. */
export interface SignInOptions {
  /** The Secret of the keys that sessions are sealed with. */
  readonly namespace: string;
  readonly secret: string;
  /** How long a session lasts at most. */
  readonly hours: number;
  /** `https://HOST[:PORT]` as browsers see the hub; what they ask for when absent. */
  readonly publicUrl?: string | undefined;
  /** Only pasted tokens let anyone in when absent. */
  readonly issuer?: IssuerSetting | undefined;
  /** What programs of people are known as to the issuer; the hub's own where absent. */
  readonly programClientId?: string | undefined;
  /** Where the API server knows nothing of the issuer: the hub checks ID tokens by itself. */
  readonly claims?: ClaimMapping | undefined;
  /** Whether the hub writes in the name of users, which it needs a right of its own for. */
  readonly impersonate?: boolean | undefined;
}

export interface SignIn {
  readonly keys: SessionKeys;
  readonly sessions: Sessions;
  readonly issuer: Issuer | undefined;
  /** Who a token belongs to, as the cluster says, or the hub where the cluster can't. */
  readonly identify: Kubernetes['identify'];
}

export interface SignInContext {
  readonly client: KubeClient;
  readonly kubernetes: Pick<Kubernetes, 'identify'>;
  readonly signal: AbortSignal;
  /** Called with what failed and is tried again: a look at the keys, the first word with the identity provider. */
  readonly onError: (error: unknown) => void;
}

const HOUR_MS = 3_600_000;
const ROTATE_MS = 30 * 24 * HOUR_MS;
/** Between two looks at the keys. */
const KEYS_LOOK_MS = 600_000;
/** So long a copy of a session that was ended at another hub may go on. */
const ENDED_LOOK_MS = 10_000;

/** Throws SESSION_SECRET_MISSING, SESSION_SECRET_CONTESTED and the CLUSTER_ codes. */
export async function openSignIn(options: SignInOptions, context: SignInContext): Promise<SignIn> {
  const { namespace, secret: name, hours, claims, programClientId } = options;
  const { client, kubernetes, signal, onError } = context;
  const now = () => new Date();
  const openMs = hours * HOUR_MS;
  const secret = { client, namespace, name, signal };
  const keys = await SessionKeys.open({ ...secret, now, rotateMs: ROTATE_MS, openMs });
  const ended = new EndedSessions({ ...secret, now: Date.now, onError });
  every(KEYS_LOOK_MS, signal, async () => await keys.refresh(), onError);
  every(ENDED_LOOK_MS, signal, async () => await ended.refresh(), onError);
  const issuer =
    options.issuer === undefined ? undefined : new Issuer(options.issuer, () => performance.now());
  // Who set it up learns from the log what is wrong, and not from the first user.
  issuer?.configuration().catch(onError);
  const sessions = new Sessions({
    ...{ keys, issuer, now: Date.now, randomId: randomUUID },
    ended,
    maxSeconds: hours * 3_600,
  });
  if (issuer === undefined || claims === undefined)
    return { keys, sessions, issuer, identify: kubernetes.identify };
  const { clientId } = issuer.setting;
  const audiences = programClientId === undefined ? [clientId] : [clientId, programClientId];
  const idTokens = new IdTokens({ issuer, audiences, claims, now });
  const identify = async (token: string) =>
    idTokens.isOfIssuer(token) ? await idTokens.identify(token) : await kubernetes.identify(token);
  return { keys, sessions, issuer, identify };
}

function every(
  ms: number,
  signal: AbortSignal,
  work: () => Promise<void>,
  onError: (error: unknown) => void,
): void {
  const timer = setInterval(() => {
    work().catch((error: unknown) => {
      if (!signal.aborted) onError(error);
    });
  }, ms);
  timer.unref();
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}
