import { type ProgramName, programs } from '../../../test/cluster/builds/program.ts';
import type { Recipe } from '../recipe.ts';
import { baseLayer, systemTrust } from './base.ts';

/** Cluster API's controllers, unchanged: what a gateway runs to make clusters. */
export const clusterApiRecipes: readonly Recipe[] = [
  controller('cluster-api-core', 'Cluster API', 'Clusters, machines and their health.'),
  controller(
    'cluster-api-bootstrap',
    'Cluster API kubeadm bootstrap',
    'What a new machine is told to become.',
  ),
  controller(
    'cluster-api-control-plane',
    'Cluster API kubeadm control plane',
    'Control planes and their etcd.',
  ),
];

function controller(name: ProgramName, title: string, description: string): Recipe {
  const { version } = programs[name];
  return {
    name,
    tag: `v${version}`,
    title,
    description,
    licenses: 'Apache-2.0',
    version,
    layers: [baseLayer, { name, files: { 'usr/local/bin/manager': { input: name, mode: 0o755 } } }],
    user: 'nonroot',
    entrypoint: ['/usr/local/bin/manager'],
    env: systemTrust,
    ports: ['8443/tcp', '9440/tcp', '9443/tcp'],
    probe: { command: ['/usr/local/bin/manager', '--help'], ends: 'by-itself' },
  };
}
