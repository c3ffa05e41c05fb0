import type { MachineStep, ObservedMachine } from '../provider/machine.ts';

/** What decides, beside what the cloud shows. */
export interface MachineIntent {
  readonly isDeleting: boolean;
  /** Whether the machine once ran as wanted: from then on it may hold a node and its data. */
  readonly wasProvisioned: boolean;
  /** Whether a machine that somebody switched off is switched on again, or only reported. */
  readonly keepsPower: boolean;
}

export type NextStep =
  /** Taken now; the cloud is looked at again afterwards. `because` is a code where something went wrong before. */
  | {
      readonly kind: 'act';
      readonly step: MachineStep;
      readonly because?: StepCode | undefined;
      readonly detail?: string | undefined;
    }
  /** The cloud is at it. */
  | { readonly kind: 'wait' }
  /** As wanted: on and complete, or gone. */
  | { readonly kind: 'done' }
  /** Nothing is to be done until somebody decides: the health check, or a person. */
  | { readonly kind: 'blocked'; readonly code: StepCode; readonly detail?: string | undefined };

export type StepCode =
  | 'MACHINE_NAME_TAKEN'
  | 'MACHINE_NOT_OURS'
  | 'MACHINE_VANISHED'
  | 'MACHINE_OFF'
  | 'MACHINE_FAILED';

/** The one step that follows from what is seen, and from nothing that was remembered. */
export function nextStep(intent: MachineIntent, observed: ObservedMachine): NextStep {
  return intent.isDeleting ? towardsGone(intent, observed) : towardsRunning(intent, observed);
}

function towardsGone({ wasProvisioned }: MachineIntent, observed: ObservedMachine): NextStep {
  if (observed.state === 'absent') return { kind: 'done' };
  if (observed.state === 'foreign')
    // Where ours never ran the stranger only has its name; otherwise ours may be the one that lost its mark.
    return wasProvisioned
      ? { kind: 'blocked', code: 'MACHINE_NOT_OURS', detail: observed.detail }
      : { kind: 'done' };
  if (observed.state === 'remains') return { kind: 'act', step: 'delete' };
  if (observed.power === 'changing') return { kind: 'wait' };
  return { kind: 'act', step: observed.power === 'on' ? 'power-off' : 'delete' };
}

function towardsRunning(intent: MachineIntent, observed: ObservedMachine): NextStep {
  const { wasProvisioned, keepsPower } = intent;
  if (observed.state === 'absent' || observed.state === 'remains')
    // A second one would come up as the same node without its data: replacing is the health check's.
    return wasProvisioned ? { kind: 'blocked', code: 'MACHINE_VANISHED' } : { kind: 'act', step: 'create' };
  if (observed.state === 'foreign')
    return {
      kind: 'blocked',
      code: wasProvisioned ? 'MACHINE_NOT_OURS' : 'MACHINE_NAME_TAKEN',
      detail: observed.detail,
    };
  if (observed.power === 'changing') return { kind: 'wait' };
  if (observed.failure !== undefined) return afterFailure(intent, observed.power, observed.failure);
  // What runs is never switched off for being incomplete once it has been a node.
  if (wasProvisioned && observed.power === 'on') return { kind: 'done' };
  if (wasProvisioned && !keepsPower) return { kind: 'blocked', code: 'MACHINE_OFF' };
  if (!observed.isComplete) return { kind: 'act', step: observed.power === 'on' ? 'power-off' : 'configure' };
  return observed.power === 'on' ? { kind: 'done' } : { kind: 'act', step: 'power-on' };
}

// Half of a machine that never ran holds addresses and quota for nothing.
function afterFailure({ wasProvisioned }: MachineIntent, power: 'on' | 'off', detail: string): NextStep {
  if (wasProvisioned) return { kind: 'blocked', code: 'MACHINE_FAILED', detail };
  return { kind: 'act', step: power === 'on' ? 'power-off' : 'delete', because: 'MACHINE_FAILED', detail };
}
