import { createHash } from 'node:crypto';
import { platformError } from '../../errors.ts';
import { Remembered, type RememberedOptions } from '../cache/remembered.ts';
import type { Action, Kubernetes, User } from '../kubernetes.ts';

/** An answer may be this old (milliseconds): how long a withdrawn token or role goes on working. */
const FRESH_MS = 5_000;
const MAX_TOKEN = 16 * 1024;

/** Who may do what: the cluster decides both, answers are kept for a few seconds. */
export class Access {
  readonly #kubernetes: Pick<Kubernetes, 'identify' | 'permits'>;
  readonly #users: Remembered<User | undefined>;
  readonly #permits: Remembered<boolean>;

  constructor(kubernetes: Pick<Kubernetes, 'identify' | 'permits'>, now: () => number) {
    this.#kubernetes = kubernetes;
    const options: RememberedOptions = { freshMs: FRESH_MS, staleMs: 0, retryMs: 1_000, max: 2_000, now };
    this.#users = new Remembered(options);
    this.#permits = new Remembered(options);
  }

  /** The user of an Authorization header. Throws UNAUTHENTICATED. */
  async authenticate(authorization: string | undefined): Promise<User> {
    const token = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined || token.length > MAX_TOKEN) {
      throw platformError('UNAUTHENTICATED', { subject: 'Authorization header' });
    }
    // Tokens themselves are not kept.
    const user = await this.#users.get(hash(token), () => this.#kubernetes.identify(token));
    if (user === undefined) throw platformError('UNAUTHENTICATED', { subject: 'Authorization header' });
    return user;
  }

  async permits(user: User, action: Action): Promise<boolean> {
    const key = hash(JSON.stringify([user, action]));
    return await this.#permits.get(key, () => this.#kubernetes.permits(user, action));
  }

  /** Throws ACCESS_DENIED. */
  async authorize(user: User, action: Action): Promise<void> {
    if (await this.permits(user, action)) return;
    const subject = describe(action);
    throw platformError('ACCESS_DENIED', { subject, detail: `user ${user.username}` });
  }
}

function describe({ verb, resource, subresource, group, namespace, name }: Action): string {
  const what = subresource === undefined ? resource : `${resource}/${subresource}`;
  const which = [namespace, name].filter((part) => part !== undefined).join('/');
  return `${verb} ${what}.${group} ${which}`.trim();
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
