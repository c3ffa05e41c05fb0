import { isSkerryError } from '../../../content/error.ts';
import { addWorkstation, removeWorkstation } from '../../address/move-address.ts';
import { componentOf, isRegistry } from '../../component.ts';
import { applyComponent } from '../../phases/component.ts';
import type { ComponentChange } from '../component-changes.ts';
import { passGate } from '../gate/gate.ts';
import { returnComponent } from '../return-component.ts';
import type { UpgradeContext, UpgradePhase } from '../upgrade-phase.ts';

/** A component that comes, or becomes what the new release says: CRDs and their objects first, its gates last. */
export function changeComponent({ name, namespace, action }: ComponentChange): UpgradePhase {
  return {
    id: `component-${name}`,
    title: `${action === 'install' ? 'Install' : 'Upgrade'} ${name} in ${namespace}`,
    run: async (context, onProgress) => {
      await whileReplaced(context, name, async () => {
        await applyComponent({ ...context, source: context.bundle }, name, { onProgress });
        await pass(context, name, onProgress);
      });
    },
    back: {
      title: action === 'install' ? `Uninstall ${name}` : `Return ${name} to what it was`,
      run: (context, onProgress) => returnComponent(context, name, onProgress),
    },
  };
}

// There is one pod of the registry, and the old one goes before the new one comes.
async function whileReplaced(
  { client, bundle, seed, journal, signal }: UpgradeContext,
  name: string,
  work: () => Promise<void>,
): Promise<void> {
  if (!isRegistry(bundle.release, name)) return await work();
  await addWorkstation(client, seed.endpoint, journal.installation.id, signal);
  try {
    await work();
  } catch (error) {
    // A workstation that is stopping answers nobody any more. The holder of the lock has its own there by now.
    if (!isSkerryError(signal.reason, 'LOCK_LOST'))
      await removeWorkstation(client, AbortSignal.timeout(LATE_MS)).catch(() => undefined);
    throw error;
  }
  await removeWorkstation(client, signal);
}

const LATE_MS = 1000;

async function pass(
  { client, helm, bundle, journal, signal }: UpgradeContext,
  name: string,
  onProgress: (text: string) => void,
): Promise<void> {
  const component = componentOf(bundle.release, name);
  const { gate, timeoutSeconds } = component;
  if (gate === undefined) return;
  const id = journal.installation.id;
  await passGate({ client, helm, component, gate, id, timeoutMs: timeoutSeconds * 1000, signal, onProgress });
}
