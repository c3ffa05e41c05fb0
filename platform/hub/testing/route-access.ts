import { kinds } from '../../api/kinds.ts';
import { sampleSpec } from './sample-objects.ts';

/** A route as far as who may use it depends on it. */
export interface AskedRoute {
  readonly method: string;
  readonly path: string;
  /** Name of the body's schema. */
  readonly takes?: string | undefined;
}

export const ROLES = ['viewer', 'operator', 'admin', 'auditor'] as const;
export type Who = 'anonymous' | 'stranger' | (typeof ROLES)[number];

export const EVERYONE: readonly Who[] = ['anonymous', 'stranger', ...ROLES];
const READERS: readonly Who[] = ROLES;
const OPERATORS: readonly Who[] = ['operator', 'admin'];
const ADMINS: readonly Who[] = ['admin'];

/** Who may use which kind how, written down here by hand: a mistake in the chart's roles is a difference to this. */
export const WRITERS: Readonly<
  Record<string, { create?: readonly Who[]; change?: readonly Who[]; delete?: readonly Who[] }>
> = {
  clusterprofiles: { create: OPERATORS, change: OPERATORS, delete: OPERATORS },
  clusters: { create: OPERATORS, change: OPERATORS, delete: OPERATORS },
  rollouts: { create: OPERATORS, change: OPERATORS, delete: OPERATORS },
  cloudaccounts: { create: ADMINS, change: ADMINS, delete: ADMINS },
  gateways: { create: ADMINS, change: ADMINS, delete: ADMINS },
  packregistries: { create: ADMINS, change: ADMINS, delete: ADMINS },
  alertreceivers: { create: ADMINS, change: ADMINS, delete: ADMINS },
  enrollments: { delete: OPERATORS },
  clusterrevisions: {},
  alerts: {},
};

/** Routes that are not made from the table of kinds. */
export const OTHERS: Readonly<Record<string, readonly Who[]>> = {
  'GET /healthz': EVERYONE,
  'GET /readyz': EVERYONE,
  'GET /version': EVERYONE,
  'GET /openapi.json': EVERYONE,
  'GET /auth/session': EVERYONE,
  'GET /auth/issuer': EVERYONE,
  'GET /auth/login': EVERYONE,
  'GET /auth/callback': EVERYONE,
  'POST /auth/token': EVERYONE,
  'POST /auth/logout': EVERYONE,
  'GET /auth/access': ['stranger', ...ROLES],
  'GET /api/v1/packs': READERS,
  'GET /api/v1/packs/{name}': READERS,
  'GET /api/v1/packs/{name}/versions/{version}': READERS,
  // A list of what each may see, which can be empty.
  'GET /api/v1/projects': ['stranger', ...ROLES],
  'POST /api/v1/projects': ADMINS,
  'GET /api/v1/watch': READERS,
  'GET /api/v1/projects/{project}': READERS,
  'DELETE /api/v1/projects/{project}': ADMINS,
  'GET /api/v1/projects/{project}/members': ['admin', 'auditor'],
  'PUT /api/v1/projects/{project}/members': ADMINS,
  'POST /api/v1/projects/{project}/clusters/{name}/enrollments': OPERATORS,
  'GET /api/v1/projects/{project}/clusters/{name}/export': OPERATORS,
  'GET /api/v1/projects/{project}/clusters/{name}/kubeconfig': OPERATORS,
  'GET /api/v1/projects/{project}/clusters/{name}/plan': READERS,
  'POST /api/v1/projects/{project}/clusters/{name}/plan': OPERATORS,
  'GET /api/v1/projects/{project}/clusterprofiles/{name}/plan': READERS,
  'POST /api/v1/projects/{project}/clusterprofiles/{name}/plan': OPERATORS,
  'GET /api/v1/projects/{project}/rollouts/{name}/plan': READERS,
  'POST /api/v1/projects/{project}/rollouts/{name}/plan': OPERATORS,
  'POST /api/v1/projects/{project}/reports': OPERATORS,
  'GET /api/v1/platform/installation': ['operator', 'admin', 'auditor'],
  'GET /api/v1/platform/content': ['operator', 'admin', 'auditor'],
  'GET /api/v1/platform/storage': ['operator', 'admin', 'auditor'],
  'GET /api/v1/platform/channel': ['operator', 'admin', 'auditor'],
  'GET /api/v1/audit': ['auditor'],
  'GET /api/v1/authority': ['admin', 'auditor'],
  'POST /api/v1/authority/rotate': ADMINS,
  'POST /api/v1/authority/retire': ADMINS,
};

/** Who may use a route. Throws where it is in no table. */
export function allowedBy({ method, path }: AskedRoute): readonly Who[] {
  const other = OTHERS[`${method} ${path}`];
  if (other !== undefined) return other;
  const [, plural = '', name] =
    /^\/api\/v1\/(?:projects\/\{project\}\/)?([a-z]+)(\/\{name\})?$/.exec(path) ?? [];
  const writers = WRITERS[plural];
  if (writers === undefined) throw new Error(`${method} ${path} is in no table`);
  if (method === 'GET') return READERS;
  const verb = method === 'POST' ? 'create' : method === 'DELETE' ? 'delete' : 'change';
  const allowed = writers[verb];
  if (allowed === undefined || (name === undefined) !== (method === 'POST'))
    throw new Error(`${method} ${path} is in no table`);
  return allowed;
}

/** An address of the route, of objects that are not there. */
export function addressOf({ path }: AskedRoute, project: string): string {
  // A stream that goes on from a place that nobody knows ends before it has begun.
  if (path === '/api/v1/watch')
    return `${path}?kinds=clusters&cursor=${Buffer.from('1;x;clusters:1').toString('base64url')}`;
  return path.replace('{project}', project).replace('{name}', 'none').replace('{version}', '1.0.0');
}

export function typeOf(method: string): string {
  return method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
}

/** A body that is sound for the route. */
export function bodyOf({ method, path, takes }: AskedRoute): object {
  if (method === 'PATCH') return { labels: { site: 'north' } };
  if (path === '/auth/token') return { token: 'a' };
  if (path.endsWith('/reports')) return { payloadType: 'none', payload: '' };
  if (path.endsWith('/enrollments') || path.endsWith('/retire')) return {};
  if (takes === 'ProjectInput') return { name: 'another' };
  if (takes === 'ProjectMembersInput') return { members: [] };
  const kind = kinds.find((candidate) => path.includes(`/${candidate.plural}`));
  return { name: 'none', spec: sampleSpec(kind?.kind ?? '') };
}
