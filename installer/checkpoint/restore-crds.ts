import type { KubeClient } from '../../apply/client/client.ts';
import { migrateCrds } from '../../apply/migration/migrate-crds.ts';
import type { KubeObject } from '../../apply/object.ts';
import type { Checkpoint } from './checkpoint-head.ts';
import { linesOf } from './parts.ts';

export interface RestoreCrdsInput {
  readonly client: KubeClient;
  readonly checkpoint: Checkpoint;
  /** Name of the component. */
  readonly component: string;
  readonly signal: AbortSignal;
  readonly onProgress?: ((text: string) => void) | undefined;
}

/**
 * Puts the definitions of a component back to what they were, objects migrated to the versions of then first. What fields
 * that are younger hold is lost with them: `restoreObjects` puts the objects themselves back afterwards. Definitions that
 * the component got since stay.
 */
export async function restoreCrds(input: RestoreCrdsInput): Promise<void> {
  const { client, checkpoint, component, signal, onProgress } = input;
  const crds: KubeObject[] = [];
  for await (const line of linesOf(checkpoint))
    if (line.of === 'definition' && line.component === component) crds.push(line.object);
  await migrateCrds({ client, crds, signal, onProgress, losses: 'allowed', write: 'replace' });
}
