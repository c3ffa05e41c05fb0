import { AGENT_ENVIRONMENT, AGENT_NODE_FLAGS, NODE_FLAGS } from '../../node-flags.ts';
import type { Recipe } from '../recipe.ts';
import { baseLayer, libcLayer } from './base.ts';

const ENTRYPOINT = entrypoint(NODE_FLAGS);
const AGENT_ENTRYPOINT = entrypoint(AGENT_NODE_FLAGS);

/** Hub and registry in one image: they share most of their bytes, so one copy travels. */
export function skerryRecipe(version: string): Recipe {
  return {
    name: 'skerry',
    tag: version,
    title: 'Skerry',
    description: 'Hub and private registry of the Skerry platform.',
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
        // With the licences of the packages in it.
        folders: { 'opt/skerry': { input: 'code' } },
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

/** The agent: the same layers, which travel once, and Helm above them, which the hub has no use for. */
export function agentRecipe(version: string): Recipe {
  const base = skerryRecipe(version);
  return {
    ...base,
    name: 'agent',
    title: "Skerry's agent",
    description: 'What makes a managed cluster what its hub desires.',
    layers: [
      ...base.layers,
      { name: 'Helm', files: { 'usr/local/bin/helm': { input: 'helm', mode: 0o755 } } },
    ],
    entrypoint: AGENT_ENTRYPOINT,
    env: { ...base.env, ...AGENT_ENVIRONMENT, SKERRY_HELM: '/usr/local/bin/helm' },
    ports: ['8081/tcp'],
    probe: { command: [...AGENT_ENTRYPOINT, '--version'], ends: 'by-itself' },
  };
}

function entrypoint(flags: readonly string[]): string[] {
  return ['/usr/local/bin/node', ...flags, '/opt/skerry/skerry.mjs'];
}
