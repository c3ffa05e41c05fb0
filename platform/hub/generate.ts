import { writeFile } from 'node:fs/promises';
import { createKubeClient } from '../../apply/client/kube.ts';
import { createTransport } from '../../apply/client/transport.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { Issuer } from '../oidc/issuer.ts';
import { apiRoutes } from './api.ts';
import { auditRoutes } from './audit/audit-routes.ts';
import { authorityRoutes } from './authority/authority-routes.ts';
import { carryRoutes } from './carry/carry-routes.ts';
import { openApiDocument } from './http/openapi.ts';
import { installationRoutes } from './installation/installation-routes.ts';
import { kubeconfigRoute } from './kubeconfig/kubeconfig-route.ts';
import { Catalog } from './packs/catalog.ts';
import { planRoutes } from './plan/plan-routes.ts';
import { rolloutPlanRoutes } from './rollout/rollout-plan-routes.ts';
import { sessionRoutes } from './session/session-routes.ts';

const NO_SET = { authorities: new Map(), issuer: 0, signingKeys: new Map(), signer: 0 };
export const OPENAPI_FILE = new URL('../../docs/openapi.json', import.meta.url);

/** docs/openapi.json, what the hub answers at /openapi.json. */
export function openApiJson(): string {
  const now = () => 0;
  const signal = new AbortController().signal;
  const catalog = new Catalog({ store: new MemoryStore(), prefix: 'packs', now, signal });
  const nothing = async () => {
    throw new Error('only described here');
  };
  const client = createKubeClient(createTransport({ url: '', authenticate: nothing }));
  const access = { permits: async () => false };
  const issuer = new Issuer({ url: 'https://issuer.invalid', clientId: '', scopes: [] }, now);
  const sessions = { begin: () => [], end: nothing };
  const keys = { seal: () => '', open: nothing };
  const more = [
    ...sessionRoutes({ access: { authenticate: nothing }, permits: nothing, sessions, keys, issuer, now }),
    ...auditRoutes({ pages: async () => [] }),
    ...installationRoutes({
      ...{ client, namespace: '', store: new MemoryStore(), readStorage: nothing, now, signal },
    }),
    ...authorityRoutes({
      authority: { set: NO_SET, begin: nothing, end: nothing },
      acknowledgements: { read: nothing },
      refresh: nothing,
    }),
    ...planRoutes(() => {
      throw new Error('only described here');
    }),
    ...rolloutPlanRoutes(() => {
      throw new Error('only described here');
    }),
    kubeconfigRoute({ clusters: undefined, issuer: undefined }),
    ...carryRoutes({ exportCluster: nothing, takeFile: nothing }),
  ];
  const routes = apiRoutes({
    catalog,
    client,
    access,
    seen: new Map(),
    version: '',
    checks: [],
    now,
    randomId: () => '',
    more,
  });
  return `${JSON.stringify(openApiDocument(routes), null, 2)}\n`;
}

if (import.meta.main) await writeFile(OPENAPI_FILE, openApiJson());
