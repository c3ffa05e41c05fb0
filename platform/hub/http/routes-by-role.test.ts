import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { KubeClient } from '../../../apply/client/client.ts';
import { MemoryStore } from '../../../content/stores/memory.ts';
import { PROJECT_LABEL } from '../../api/group.ts';
import { kinds } from '../../api/kinds.ts';
import { platformError } from '../../errors.ts';
import { auditRoutes } from '../audit/audit-routes.ts';
import { authorityRoutes } from '../authority/authority-routes.ts';
import { carryRoutes } from '../carry/carry-routes.ts';
import { enrollmentRoutes } from '../enroll/enrollment-routes.ts';
import { installationRoutes } from '../installation/installation-routes.ts';
import { kubeconfigRoute } from '../kubeconfig/kubeconfig-route.ts';
import { planRoutes } from '../plan/plan-routes.ts';
import { rolloutPlanRoutes } from '../rollout/rollout-plan-routes.ts';
import { sessionRoutes } from '../session/session-routes.ts';
import { chartRole, type Permits } from '../testing/roles.ts';
import {
  addressOf,
  allowedBy,
  bodyOf,
  EVERYONE,
  OTHERS,
  ROLES,
  typeOf,
  type Who,
  WRITERS,
} from '../testing/route-access.ts';
import { type ScriptedHub, startScriptedHub } from '../testing/scripted-hub.ts';
import type { Route } from './route.ts';

const PROJECT = 'p1';

describe('every route of the hub, asked by every role', () => {
  let hub: ScriptedHub;
  const roles = new Map<string, Permits>();

  before(async () => {
    for (const role of ROLES) roles.set(role, await chartRole(role));
    hub = await startScriptedHub({
      permits: ({ username }, action) => roles.get(username)?.(action) ?? false,
      more: fleetRoutes,
    });
    hub.cluster.put({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: PROJECT, labels: { [PROJECT_LABEL]: 'true' } },
    });
  });
  after(async () => await hub.close());

  const ask = async (route: Route, who: Who, accept?: string) => {
    const response = await hub.server.inject({
      method: route.method,
      url: addressOf(route, PROJECT),
      headers: {
        ...(who === 'anonymous' ? {} : { authorization: `Bearer ${who}` }),
        ...(accept === undefined ? {} : { accept }),
        ...(route.entry ? { origin: 'https://localhost:80', host: 'localhost:80' } : {}),
        ...(route.method === 'PUT' ? { 'if-match': '*' } : {}),
        ...(route.body === undefined ? {} : { 'content-type': typeOf(route.method) }),
      },
      ...(route.body === undefined ? {} : { payload: JSON.stringify(bodyOf(route)) }),
    });
    const page = /<code>([A-Z_]+)<\/code>/.exec(response.body)?.[1];
    if (page !== undefined) return { status: response.statusCode, code: page };
    const body: unknown = response.body === '' ? {} : response.json();
    const code = typeof body === 'object' && body !== null && 'code' in body ? body.code : 'OK';
    return { status: response.statusCode, code: String(code) };
  };

  test('is let in or refused as the table here says, and a refused one changes nothing', async () => {
    for (const route of hub.routes) {
      const allowed = allowedBy(route);
      for (const who of EVERYONE) {
        const before = JSON.stringify(hub.cluster.objects.all());
        const { code } = await ask(route, who);
        const label = `${who}: ${route.method} ${route.path} answered ${code}`;
        if (allowed.includes(who)) {
          assert.ok(
            !['UNAUTHENTICATED', 'ACCESS_DENIED', 'HUB_FAILED', 'ROUTE_NOT_FOUND'].includes(code),
            label,
          );
        } else {
          assert.equal(code, who === 'anonymous' ? 'UNAUTHENTICATED' : 'ACCESS_DENIED', label);
          assert.equal(JSON.stringify(hub.cluster.objects.all()), before, label);
        }
      }
    }
  });

  test('lets members of a project read packs by its name, and with no other', async () => {
    const member = await startScriptedHub({
      permits: (_, { namespace, verb, resource }) =>
        namespace === PROJECT && resource === 'packs' && ['get', 'list'].includes(verb),
    });
    try {
      const codeOf = async (query: string) => {
        const response = await member.server.inject({
          url: `/api/v1/packs/nothing/versions/1.0.0${query}`,
          headers: { authorization: 'Bearer member' },
        });
        return String(response.json().code);
      };
      assert.notEqual(await codeOf(`?project=${PROJECT}`), 'ACCESS_DENIED');
      assert.equal(await codeOf('?project=p2'), 'ACCESS_DENIED');
      assert.equal(await codeOf(''), 'ACCESS_DENIED');
    } finally {
      await member.close();
    }
  });

  test('is refused a watch where a list is refused', async () => {
    const watchable = hub.routes.filter((route) => route.watchable);
    assert.equal(watchable.length, 2 * kinds.length + 1);
    for (const route of watchable) {
      assert.equal((await ask(route, 'anonymous', 'text/event-stream')).code, 'UNAUTHENTICATED');
      assert.equal((await ask(route, 'stranger', 'text/event-stream')).code, 'ACCESS_DENIED');
    }
  });

  test('finds no way to write what the hub alone writes', async () => {
    for (const plural of ['clusterrevisions', 'alerts', 'enrollments']) {
      for (const method of ['POST', 'PUT', 'PATCH'] as const) {
        const one = method === 'POST' ? '' : '/a';
        const response = await hub.server.inject({
          method,
          url: `/api/v1/projects/${PROJECT}/${plural}${one}`,
          headers: { authorization: 'Bearer admin', 'content-type': typeOf(method) },
          payload: '{}',
        });
        assert.equal(response.json().code, 'ROUTE_NOT_FOUND', `${method} ${plural}`);
      }
    }
  });

  test('finds no route that the table here does not know, and every kind in it', () => {
    for (const { plural } of kinds) assert.ok(WRITERS[plural] !== undefined, plural);
    for (const key of Object.keys(OTHERS)) {
      assert.ok(
        hub.routes.some(({ method, path }) => `${method} ${path}` === key),
        key,
      );
    }
  });
});

/** What a hub that manages clusters serves besides; nothing is behind them here, so what gets through finds nothing. */
function fleetRoutes(client: KubeClient): Route[] {
  const nothing = () => platformError('CLUSTER_NOT_FOUND', { subject: PROJECT });
  return [
    ...planRoutes(() => {
      throw nothing();
    }),
    ...rolloutPlanRoutes(() => {
      throw nothing();
    }),
    kubeconfigRoute({ clusters: undefined, issuer: undefined }),
    ...carryRoutes({
      exportCluster: async () => await Promise.reject(nothing()),
      takeFile: async () => await Promise.reject(nothing()),
    }),
    ...enrollmentRoutes({
      client,
      now: () => new Date(0),
      randomId: () => 'a',
      catalog: { pack: async () => await Promise.reject(nothing()), versions: async () => [] },
      door: () => ({ urls: [], authorities: [], keys: [] }),
      image: async () => 'agent',
      version: '1.0.0',
    }),
    ...auditRoutes({ pages: async () => [] }),
    ...installationRoutes({
      ...{ client, namespace: 'skerry-system', store: new MemoryStore() },
      ...{ readStorage: async () => undefined, now: () => 0, signal: new AbortController().signal },
    }),
    ...sessionRoutes({
      access: {
        authenticate: async () => await Promise.reject(platformError('SIGN_IN_UNKNOWN', { subject: 'a' })),
      },
      permits: async () => false,
      sessions: { begin: () => [], end: async () => ({ cookies: [] }) },
      keys: { seal: () => '', open: async () => undefined },
      now: () => 0,
    }),
    ...authorityRoutes({
      authority: {
        set: { authorities: new Map(), issuer: 1, signingKeys: new Map(), signer: 1 },
        begin: async () => await Promise.reject(nothing()),
        end: async () => await Promise.reject(nothing()),
      },
      acknowledgements: { read: async () => await Promise.reject(nothing()) },
      refresh: async () => await Promise.reject(nothing()),
    }),
  ];
}
