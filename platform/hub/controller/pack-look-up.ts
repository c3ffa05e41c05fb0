import { credentialsOf } from '../compile/registries.ts';
import type { ClusterWorld } from './cluster-work.ts';
import type { Closing, ControllersOptions } from './controllers-options.ts';
import { type PackPlace, PackSource } from './pack-source.ts';

/** Looks packs up in the platform's registry and in those of a project, each of which is opened for one look. */
export function packLookUp({
  store,
  platformRegistry,
  openRegistry,
}: ControllersOptions): ClusterWorld['lookUp'] {
  const source = new PackSource();
  return async (profiles, registries, secretText, signal) => {
    const opened = new Map<string, PackPlace & { store: Closing }>();
    for (const [name, spec] of registries) {
      const credentials = credentialsOf(spec, secretText, name, () => undefined);
      // That they can't be had is a finding of its own; without them nothing is asked.
      if (credentials === undefined && spec.credentials !== undefined) continue;
      opened.set(name, { store: openRegistry(spec, credentials), prefix: spec.prefix });
    }
    try {
      const packs = profiles.flatMap((profile) => profile.packs);
      const own = { store, prefix: platformRegistry.packsPrefix };
      return await source.lookUp(packs, (name) => (name === undefined ? own : opened.get(name)), signal);
    } finally {
      for (const { store: other } of opened.values()) await other.close();
    }
  };
}
