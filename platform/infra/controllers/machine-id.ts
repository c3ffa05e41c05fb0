import type { StoredInfraMachine } from './stored.ts';

const SCHEME = 'skerry://';

/** What a machine is known by in its cloud: in its providerID once there is one, and its first UID until then. */
export function machineId({ metadata, spec }: StoredInfraMachine): string {
  const { providerID } = spec;
  return providerID?.startsWith(SCHEME) === true ? providerID.slice(SCHEME.length) : metadata.uid;
}

export function providerIdOf(id: string): string {
  return SCHEME + id;
}
