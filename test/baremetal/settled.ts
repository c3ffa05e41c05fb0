import { setTimeout as sleep } from 'node:timers/promises';
import { isSkerryError } from '../../content/error.ts';
import { converge, type Outcome } from '../../platform/infra/machine/converge.ts';
import type { MachineIntent } from '../../platform/infra/machine/next-step.ts';
import type { WantedMachine } from '../../platform/infra/provider/machine.ts';
import type { CloudProvider } from '../../platform/infra/provider/provider.ts';

export const making: MachineIntent = { isDeleting: false, wasProvisioned: false, keepsPower: true };
export const deleting: MachineIntent = { isDeleting: true, wasProvisioned: true, keepsPower: true };

const LIMIT_MS = 300_000;

/** As a controller does: looks again while Ironic is at it, and after what Ironic failed to do. */
export async function settled(
  provider: CloudProvider,
  machine: WantedMachine,
  intent: MachineIntent,
): Promise<Outcome> {
  const signal = limit();
  for (;;) {
    const outcome = await converge(provider, machine, { intent, signal }).catch((error: unknown) => {
      if (!isSkerryError(error, 'CLOUD_REQUEST_FAILED')) throw error;
    });
    if (outcome !== undefined && outcome.kind !== 'wait') return outcome;
    await sleep(300, undefined, { signal });
  }
}

export function limit(): AbortSignal {
  return AbortSignal.timeout(LIMIT_MS);
}
