import type { KubeClient } from '../../apply/client/client.ts';
import { isSkerryError } from '../../content/error.ts';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import type { Installation } from '../record/installation.ts';
import { registryIn, upgradeOf } from './record-changes.ts';

/**
 * Looks whether the checkpoint can be read, before the record says that it goes back: then there is no other way any more.
 * A registry that the upgrade itself has begun to change may be silent: it comes back first, and the checkpoint with it.
 * Throws what reading the checkpoint throws.
 */
export async function requireCheckpoint(
  client: Pick<KubeClient, 'get' | 'open' | 'server'>,
  record: Installation,
  signal: AbortSignal,
): Promise<void> {
  const { checkpoint, phases } = upgradeOf(record);
  if (checkpoint === undefined) return;
  try {
    await openCheckpoint(client, checkpoint, signal);
  } catch (error) {
    const isSilent = isSkerryError(error, 'REGISTRY_UNREACHABLE') || isSkerryError(error, 'REGISTRY_ERROR');
    const id = `component-${registryIn(record)}`;
    const isChanged = phases.some((phase) => phase.id === id && phase.state !== 'waiting');
    if (!isSilent || !isChanged) throw error;
  }
}
