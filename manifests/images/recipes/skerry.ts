import { NODE_FLAGS } from '../../node-flags.ts';
import type { Recipe } from '../recipe.ts';
import { baseLayer, libcLayer } from './base.ts';

const ENTRYPOINT = ['/usr/local/bin/node', ...NODE_FLAGS, '/opt/skerry/skerry.mjs'];

/** Hub, agent and registry in one image: they share most of their bytes, so one copy travels. */
export function skerryRecipe(version: string): Recipe {
  return {
    name: 'skerry',
    tag: version,
    title: 'Skerry',
    description: 'Hub, agent and private registry of the Skerry platform.',
    licenses: 'Apache-2.0',
    version,
    layers: [
      baseLayer,
      libcLayer,
      {
        name: 'Node',
        libraries: ['libstdc++6', 'libgcc-s1', 'libatomic1'],
        files: {
          'usr/local/bin/node': { input: 'node', mode: 0o755 },
          'usr/local/share/doc/node/LICENSE': { input: 'node-license' },
        },
      },
      {
        name: 'Skerry',
        files: {
          'opt/skerry/skerry.mjs': { input: 'skerry.mjs' },
          // Licences of the packages in it.
          'opt/skerry/skerry.mjs.LEGAL.txt': { input: 'skerry-licenses' },
        },
        directories: {
          // A volume is mounted here; without one the registry may still be tried.
          'var/lib/registry': { owner: 'nonroot', mode: 0o750 },
        },
      },
    ],
    user: 'nonroot',
    entrypoint: ENTRYPOINT,
    env: {
      NODE_ENV: 'production',
      // The certificates of /etc/ssl/certs count beside Node's own, so that a site can mount its own authority there.
      NODE_USE_SYSTEM_CA: '1',
    },
    workingFolder: '/home/nonroot',
    ports: ['5000/tcp', '8443/tcp'],
    stopSignal: 'SIGTERM',
    probe: { command: [...ENTRYPOINT, '--version'], ends: 'by-itself' },
  };
}
