/** EKS speaks REST: what a method and a path ask for, and the names in the path. */
const routes: readonly (readonly [string, string])[] = [
  ['POST /clusters', 'CreateCluster'],
  ['GET /clusters', 'ListClusters'],
  ['GET /clusters/*', 'DescribeCluster'],
  ['DELETE /clusters/*', 'DeleteCluster'],
  ['POST /clusters/*/updates', 'UpdateClusterVersion'],
  ['GET /clusters/*/updates', 'ListUpdates'],
  ['GET /clusters/*/updates/*', 'DescribeUpdate'],
  ['POST /clusters/*/update-config', 'UpdateClusterConfig'],
  ['POST /clusters/*/node-groups', 'CreateNodegroup'],
  ['GET /clusters/*/node-groups', 'ListNodegroups'],
  ['GET /clusters/*/node-groups/*', 'DescribeNodegroup'],
  ['DELETE /clusters/*/node-groups/*', 'DeleteNodegroup'],
  ['POST /clusters/*/node-groups/*/update-config', 'UpdateNodegroupConfig'],
  ['POST /clusters/*/node-groups/*/update-version', 'UpdateNodegroupVersion'],
  ['GET /clusters/*/addons', 'ListAddons'],
  ['GET /clusters/*/identity-provider-configs', 'ListIdentityProviderConfigs'],
  ['POST /clusters/*/access-entries', 'CreateAccessEntry'],
  ['GET /clusters/*/access-entries', 'ListAccessEntries'],
  ['GET /clusters/*/access-entries/*', 'DescribeAccessEntry'],
  ['POST /clusters/*/access-entries/*', 'UpdateAccessEntry'],
  ['DELETE /clusters/*/access-entries/*', 'DeleteAccessEntry'],
  ['GET /clusters/*/access-entries/*/access-policies', 'ListAssociatedAccessPolicies'],
  ['POST /clusters/*/access-entries/*/access-policies', 'AssociateAccessPolicy'],
  ['DELETE /clusters/*/access-entries/*/access-policies/*', 'DisassociateAccessPolicy'],
];

const patterns = routes.map(([route, action]) => ({
  action,
  pattern: new RegExp(`^${route.replaceAll('*', '([^/]+)')}$`),
}));

export function eksAction(method: string, path: string): { action: string; names: string[] } | undefined {
  for (const { action, pattern } of patterns) {
    const found = pattern.exec(`${method} ${path}`);
    if (found !== null) return { action, names: found.slice(1).map(decodeURIComponent) };
  }
  return undefined;
}
