import { CLIENT_ID, startIssuer, type TestIssuer } from '../../platform/oidc/testing/issuer.ts';
import { until } from '../fleet/until.ts';
import { type HubSite, type SiteHub, startHubSite } from '../hub/hub-site.ts';
import { authenticationConfiguration, groupBinding } from '../oidc/authentication.ts';
import { freePort } from '../provision/gateway/api-server.ts';
import { leadIn } from '../provision/into-island.ts';

export const PROJECT = 'harbour';
const SCOPES = ['openid', 'profile', 'offline_access'];

/** A hub whose users are those of an identity provider, which its API server knows. */
export interface ProviderSite {
  readonly site: HubSite;
  readonly hub: SiteHub;
  readonly issuer: TestIssuer;
  stop(): Promise<void>;
}

/** The issuer's groups `skerry-ROLE` have these roles; its ID tokens are good for so long. */
export async function startProviderSite(
  name: string,
  { roles, tokenSeconds }: { readonly roles: readonly string[]; readonly tokenSeconds: number },
): Promise<ProviderSite> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const one of stops.toReversed()) await one();
  };
  try {
    const port = await freePort();
    const home = `https://localhost:${port}`;
    const issuer = await startIssuer({
      redirectUris: [`${home}/auth/callback`],
      homeUris: [`${home}/ui/`],
      tokenSeconds,
    });
    stops.push(async () => await issuer.close());
    const site = await startHubSite(name, { authentication: await authenticationConfiguration(issuer) });
    stops.push(async () => await site.stop());
    const { folder, execOnNode: exec } = site.cluster;
    const issuerPort = Number(new URL(issuer.url).port);
    const inward = await leadIn({ folder, exec, host: '127.0.0.1', port: issuerPort }, issuerPort);
    stops.push(async () => await inward[Symbol.asyncDispose]());
    for (const role of roles) await site.client.create(groupBinding(role));
    const labels = { 'skerry.dev/project': 'true' };
    await site.client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: PROJECT, labels } });
    const hub = await site.startHub({
      ...{ port, agents: false },
      signIn: { issuer: { url: issuer.url, clientId: CLIENT_ID, ca: issuer.ca, scopes: SCOPES } },
    });
    stops.push(async () => await hub.stop());
    await knowsIssuer(site, issuer);
    return { site, hub, issuer, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

// The API server reads the keys of an issuer a moment after it has started.
async function knowsIssuer({ cluster }: HubSite, issuer: TestIssuer): Promise<void> {
  const token = await issuer.token({ sub: 'probe', preferred_username: 'probe', groups: [] });
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } };
  await until('the API server knows the issuer', async () => {
    const path = '/apis/authentication.k8s.io/v1/tokenreviews';
    const { body } = await cluster.api.request(path, { method: 'POST', body: review });
    return JSON.stringify(body).includes('"authenticated":true') ? true : undefined;
  });
}
