import { programs } from '../../../test/cluster/builds/program.ts';
import type { Recipe } from '../recipe.ts';
import { baseLayer, systemTrust } from './base.ts';

export const etcdRecipe: Recipe = {
  name: 'etcd',
  tag: programs.etcd.version,
  title: 'etcd',
  description: 'Key-value store, for clusters and their control planes.',
  licenses: 'Apache-2.0',
  version: programs.etcd.version,
  layers: [
    baseLayer,
    {
      name: 'etcd',
      files: { 'usr/local/bin/etcd': { input: 'etcd', mode: 0o755 } },
      directories: { 'var/lib/etcd': { owner: 'nonroot', mode: 0o700 } },
    },
  ],
  user: 'nonroot',
  entrypoint: ['/usr/local/bin/etcd'],
  command: ['--data-dir=/var/lib/etcd'],
  env: systemTrust,
  ports: ['2379/tcp', '2380/tcp'],
  volumes: ['/var/lib/etcd'],
  probe: { command: ['/usr/local/bin/etcd', '--version'], ends: 'by-itself' },
};
