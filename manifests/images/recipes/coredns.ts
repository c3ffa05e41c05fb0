import { programs } from '../../../test/cluster/builds/program.ts';
import type { Recipe } from '../recipe.ts';
import { baseLayer, systemTrust } from './base.ts';

export const corednsRecipe: Recipe = {
  name: 'coredns',
  tag: programs.coredns.version,
  title: 'CoreDNS',
  description: 'DNS server for clusters.',
  licenses: 'Apache-2.0',
  version: programs.coredns.version,
  layers: [
    baseLayer,
    { name: 'CoreDNS', files: { 'usr/local/bin/coredns': { input: 'coredns', mode: 0o755 } } },
  ],
  user: 'nonroot',
  entrypoint: ['/usr/local/bin/coredns'],
  env: systemTrust,
  ports: ['53/udp', '53/tcp'],
  asIndex: true,
  probe: { command: ['/usr/local/bin/coredns', '-version'], ends: 'by-itself' },
};
