import type { Recipe } from '../recipe.ts';
import { baseLayer, libcLayer } from './base.ts';

/** Holds the address of a control plane, on whichever of its machines can. */
export const keepalivedRecipe: Recipe = {
  name: 'keepalived',
  tag: 'debian',
  title: 'Keepalived',
  description: 'Holds the address of a control plane by VRRP.',
  licenses: 'GPL-2.0-or-later AND curl',
  version: { package: 'keepalived' },
  layers: [
    baseLayer,
    libcLayer,
    {
      name: 'keepalived',
      // With curl it asks whether the machine's API server answers.
      packages: { keepalived: ['usr/sbin/keepalived'], curl: ['usr/bin/curl'] },
      directories: { 'etc/keepalived': {} },
    },
  ],
  // It gives addresses to the node's network card.
  user: 'root',
  entrypoint: ['/usr/sbin/keepalived', '--dont-fork', '--log-console', '--vrrp'],
  probe: { command: ['/usr/sbin/keepalived', '--version'], ends: 'by-itself' },
};
