import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { FakeAnswer, FakeRequest } from './fake-http.ts';

export interface FakeCredential {
  readonly id: string;
  secret: string;
  expiresAt: Date | undefined;
  isRevoked: boolean;
}

const Login = z.strictObject({
  auth: z.strictObject({
    identity: z.strictObject({
      methods: z.tuple([z.literal('application_credential')]),
      application_credential: z.strictObject({ id: z.string(), secret: z.string() }),
    }),
  }),
});

const TOKEN_MS = 3_600_000;

/** Keystone, as far as application credentials go. */
export class FakeKeystone {
  readonly credential: FakeCredential = {
    id: randomUUID().replaceAll('-', ''),
    secret: randomUUID(),
    expiresAt: undefined,
    isRevoked: false,
  };
  readonly project = { id: randomUUID().replaceAll('-', ''), name: 'fleet' };
  readonly user = { id: randomUUID().replaceAll('-', ''), name: 'gateway' };
  roles = ['member', 'reader'];
  readonly #tokens = new Map<string, number>();
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
  }

  get tokens(): number {
    return this.#tokens.size;
  }

  endTokens(): void {
    this.#tokens.clear();
  }

  isValid(token: string | string[] | undefined): boolean {
    if (typeof token !== 'string') return false;
    return (this.#tokens.get(token) ?? 0) > this.#now().getTime();
  }

  answer(request: FakeRequest): FakeAnswer {
    const { method, path, headers, origin } = request;
    const version = {
      id: 'v3.14',
      status: 'stable',
      links: [{ rel: 'self', href: `${origin}/identity/v3/` }],
    };
    if (path === '/') return { status: 300, body: { versions: { values: [version] } } };
    if (path === '/v3') return { status: 200, body: { version } };
    if (path === '/v3/auth/tokens' && method === 'POST') return this.#login(request);
    if (!this.isValid(headers['x-auth-token'])) return UNAUTHORIZED;
    if (path === '/v3/auth/tokens' && method === 'DELETE') {
      this.#tokens.delete(String(headers['x-subject-token']));
      return { status: 204 };
    }
    if (path === `/v3/users/${this.user.id}/application_credentials/${this.credential.id}`) {
      // Without an offset, as Keystone writes it.
      const expires_at = this.credential.expiresAt?.toISOString().replace('Z', '000') ?? null;
      return { status: 200, body: { application_credential: { id: this.credential.id, expires_at } } };
    }
    return { status: 404, body: { error: { code: 404, message: 'The resource could not be found.' } } };
  }

  #login({ body, origin }: FakeRequest): FakeAnswer {
    const login = Login.safeParse(body);
    if (!login.success) return { status: 400, body: { error: { code: 400, message: login.error.message } } };
    const { id, secret } = login.data.auth.identity.application_credential;
    const { expiresAt, isRevoked } = this.credential;
    // As the real one does.
    if (id !== this.credential.id || isRevoked)
      return {
        status: 404,
        body: {
          error: { code: 404, title: 'Not Found', message: `Could not find Application Credential: ${id}.` },
        },
      };
    if (secret !== this.credential.secret) return UNAUTHORIZED;
    if (expiresAt !== undefined && expiresAt <= this.#now()) return UNAUTHORIZED;
    const value = `gAAAA${randomUUID()}`;
    const issued = this.#now();
    const expires = new Date(issued.getTime() + TOKEN_MS);
    this.#tokens.set(value, expires.getTime());
    const token = {
      methods: ['application_credential'],
      issued_at: issued.toISOString().replace('Z', '000Z'),
      expires_at: expires.toISOString().replace('Z', '000Z'),
      user: { ...this.user, domain: { id: 'default', name: 'Default' } },
      project: { ...this.project, domain: { id: 'default', name: 'Default' } },
      roles: this.roles.map((name) => ({ id: name, name })),
      catalog: catalogue(origin, this.project.id),
    };
    return { status: 201, body: { token }, headers: { 'x-subject-token': value } };
  }
}

const UNAUTHORIZED: FakeAnswer = {
  status: 401,
  body: {
    error: {
      code: 401,
      title: 'Unauthorized',
      message: 'The request you have made requires authentication.',
    },
  },
};

function catalogue(origin: string, project: string) {
  const service = (type: string, name: string, path: string) => ({
    id: type,
    type,
    name,
    endpoints: [
      { id: `${type}-1`, interface: 'public', region: 'one', region_id: 'one', url: `${origin}${path}` },
      // A region that nobody is to ask.
      { id: `${type}-2`, interface: 'internal', region: 'one', region_id: 'one', url: 'http://127.0.0.1:1' },
    ],
  });
  return [
    service('identity', 'keystone', '/identity'),
    service('compute', 'nova', `/compute/v2.1/${project}`),
    service('network', 'neutron', '/network'),
    service('image', 'glance', '/image'),
  ];
}
