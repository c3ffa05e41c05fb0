import type { Recipe } from '../recipe.ts';
import { baseLayer, libcLayer } from './base.ts';

export const redisRecipe: Recipe = {
  name: 'redis',
  tag: 'debian',
  title: 'Redis',
  description: 'In-memory data store.',
  licenses: 'BSD-3-Clause',
  version: { package: 'redis-server' },
  layers: [
    baseLayer,
    libcLayer,
    {
      name: 'Redis',
      packages: {
        'redis-server': ['usr/bin/redis-server'],
        // redis-server is a link to this program.
        'redis-tools': ['usr/bin/redis-check-rdb', 'usr/bin/redis-cli'],
      },
      directories: { 'var/lib/redis': { owner: 'nonroot', mode: 0o750 } },
    },
  ],
  user: 'nonroot',
  entrypoint: ['/usr/bin/redis-server'],
  // Reachable by other pods; a password or a network policy is what keeps others out.
  command: ['--protected-mode', 'no', '--dir', '/var/lib/redis'],
  workingFolder: '/var/lib/redis',
  ports: ['6379/tcp'],
  volumes: ['/var/lib/redis'],
  probe: { command: ['/usr/bin/redis-server', '--version'], ends: 'by-itself' },
};
