import { programs } from '../../../test/cluster/builds/program.ts';
import type { Recipe } from '../recipe.ts';
import { baseLayer, systemTrust } from './base.ts';

export const clusterApiAwsRecipe: Recipe = {
  name: 'cluster-api-aws',
  tag: programs['cluster-api-aws'].version,
  title: 'Cluster API provider AWS',
  description: 'Makes EKS clusters as Cluster API’s objects say.',
  licenses: 'Apache-2.0',
  version: programs['cluster-api-aws'].version,
  layers: [
    baseLayer,
    { name: 'manager', files: { 'usr/local/bin/manager': { input: 'cluster-api-aws', mode: 0o755 } } },
  ],
  user: 'nonroot',
  entrypoint: ['/usr/local/bin/manager'],
  env: systemTrust,
  ports: ['9443/tcp', '9440/tcp'],
  probe: { command: ['/usr/local/bin/manager', '--help'], ends: 'by-itself' },
};
