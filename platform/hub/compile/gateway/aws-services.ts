import { type JsonObject, textAt } from '../../../../apply/json.ts';
import type { NamedAccount } from './made-cluster.ts';

/** Services by the names that Cluster API's provider for AWS takes; IAM has no region, and follows AWS_ENDPOINT_URL. */
const SERVICES: readonly string[] = [
  ...['autoscaling', 'ec2', 'eks', 'elasticloadbalancing', 's3', 'secretsmanager', 'ssm', 'sts', 'tagging'],
];

/**
 * Values of pack `cluster-api-aws` that say where AWS is, when accounts say so, and whom it is known by. One process works
 * for all of them: of a region the first account by name holds.
 */
export function awsServices(accounts: readonly NamedAccount[]): JsonObject {
  const endpoints = endpointsByRegion(accounts);
  const placed = [...endpoints].flatMap(([region, { endpoint }]) =>
    endpoint === undefined ? [] : [`${region}:${SERVICES.map((name) => `${name}=${endpoint}`).join(',')}`],
  );
  const all = new Set([...endpoints.values()].map(({ endpoint }) => endpoint));
  const [endpoint] = all;
  const ca = [...new Set(accounts.flatMap(({ spec }) => spec.ca ?? []))].join('\n');
  return {
    ...(placed.length === 0 ? {} : { serviceEndpoints: placed.sort().join(';') }),
    ...(all.size === 1 && endpoint !== undefined ? { endpoint } : {}),
    ...(ca === '' ? {} : { ca }),
  };
}

/** Whose endpoint is used for an account's region, where that is another account's and another one. */
export function otherEndpoint(account: NamedAccount, accounts: readonly NamedAccount[]): string | undefined {
  if (!isAws(account)) return undefined;
  const used = endpointsByRegion(accounts).get(regionOf(account));
  return used === undefined || used.endpoint === account.spec.endpoint ? undefined : used.account;
}

function endpointsByRegion(accounts: readonly NamedAccount[]) {
  const found = new Map<string, { readonly account: string; readonly endpoint: string | undefined }>();
  const byName = accounts.filter(isAws).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (const account of byName) {
    const region = regionOf(account);
    const { name, spec } = account;
    if (!found.has(region)) found.set(region, { account: name, endpoint: spec.endpoint });
  }
  return found;
}

function isAws({ spec }: NamedAccount): boolean {
  return spec.type === 'aws';
}

function regionOf({ spec }: NamedAccount): string {
  return textAt(spec.settings, 'region') ?? '';
}
