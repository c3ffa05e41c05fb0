import { infraError } from '../errors.ts';
import type { MachineStep, ObservedMachine, WantedMachine } from '../provider/machine.ts';
import type { CloudProvider } from '../provider/provider.ts';
import { type MachineIntent, type NextStep, nextStep } from './next-step.ts';

/** More in one go than any way from nothing to running takes: somebody who undoes each step is waited for, not fought. */
const MAX_STEPS = 6;

export type Outcome = Exclude<NextStep, { readonly kind: 'act' }> & { readonly observed: ObservedMachine };

export interface ConvergeOptions {
  readonly intent: MachineIntent;
  readonly signal: AbortSignal;
  /** Called before each step. */
  readonly onStep?: ((step: MachineStep) => Promise<void> | void) | undefined;
}

/**
 * Looks at a machine and takes one step after the other until it is as wanted, nothing can be done, or the cloud is at it.
 * Throws the provider's errors, and MACHINE_FAILED after what was left of a machine that never ran was taken away.
 */
export async function converge(
  provider: Pick<CloudProvider, 'observe' | 'act'>,
  machine: WantedMachine,
  { intent, signal, onStep }: ConvergeOptions,
): Promise<Outcome> {
  for (let steps = 0; ; steps++) {
    signal.throwIfAborted();
    const observed = await provider.observe(machine.mark, machine.shape, signal);
    const next = nextStep(intent, observed);
    if (next.kind !== 'act') return { ...next, observed };
    if (steps >= MAX_STEPS) return { kind: 'wait', observed };
    await onStep?.(next.step);
    await provider.act(next.step, machine, signal);
    if (next.because !== undefined && next.step === 'delete')
      throw infraError('MACHINE_FAILED', { subject: machine.mark.machine, detail: next.detail });
  }
}
