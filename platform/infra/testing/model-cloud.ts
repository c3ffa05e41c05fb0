import { infraError } from '../errors.ts';
import {
  givenAddresses,
  type MachineMark,
  type MachineStep,
  type ObservedMachine,
  type WantedMachine,
} from '../provider/machine.ts';
import type { CloudProvider, Finding } from '../provider/provider.ts';

/** Where a call is just then; what is thrown there is what a crash or a lost answer at this point leaves behind. */
export type CallPoint = 'begun' | 'half-made' | 'done';

interface ModelMachine {
  readonly reference: string;
  readonly name: string;
  mark: MachineMark | undefined;
  isComplete: boolean;
  isOn: boolean;
  failure: string | undefined;
  addresses: readonly string[];
}

/** A cloud in memory: the least that an account of a real one does, where every call can be broken at every point. */
export class ModelCloud {
  readonly templates = new Set(['node']);
  readonly machines = new Map<string, ModelMachine>();
  /** Throws, or waits, at a point of a call. */
  interrupt: (point: CallPoint) => Promise<void> = async () => undefined;
  refusesCredentials = false;
  isAway = false;
  /** How many machines there is room for. */
  room = Number.POSITIVE_INFINITY;
  #count = 0;

  /** Something that is not the platform's. */
  putStranger(name: string): ModelMachine {
    return this.#put(name, undefined, true);
  }

  /** A machine as a crash leaves it: with its mark, but not yet what makes it boot. */
  putHalf(mark: MachineMark): ModelMachine {
    return this.#put(mark.machine, mark, false);
  }

  named(name: string): ModelMachine | undefined {
    return [...this.machines.values()].find((machine) => machine.name === name);
  }

  /** An account's way into it, with a session of its own. */
  open(): CloudProvider {
    return {
      verify: async () => {
        await this.#enter();
        return { findings: [], capabilities: ['static-addresses'], sessions: 1 };
      },
      preflight: async (shapes) => {
        await this.#enter();
        return shapes.flatMap(({ shape }) => this.#missing(shape.template));
      },
      observe: async (mark) => {
        await this.#enter();
        const observed = this.#observe(mark);
        await this.interrupt('done');
        return observed;
      },
      act: async (step, machine) => {
        await this.#enter();
        await this.#act(step, machine);
        await this.interrupt('done');
      },
      listOwned: async () => {
        await this.#enter();
        return [...this.machines.values()].flatMap(({ mark, name, reference, addresses }) =>
          mark === undefined ? [] : [{ mark, name, reference, addresses }],
        );
      },
      console: async () => undefined,
      close: async () => undefined,
    };
  }

  async #enter(): Promise<void> {
    await this.interrupt('begun');
    if (this.isAway) throw infraError('CLOUD_UNREACHABLE', { subject: 'the model' });
    if (this.refusesCredentials) throw infraError('CREDENTIALS_REFUSED', { subject: 'the model' });
  }

  #observe(mark: MachineMark): ObservedMachine {
    const own = this.#owned(mark);
    if (own !== undefined) {
      const { reference, isComplete, isOn, failure } = own;
      const addresses = isOn ? ['192.0.2.10'] : [];
      return { state: 'present', reference, isComplete, power: isOn ? 'on' : 'off', addresses, failure };
    }
    const other = this.named(mark.machine);
    return other === undefined ? { state: 'absent' } : { state: 'foreign', detail: other.reference };
  }

  async #act(step: MachineStep, machine: WantedMachine): Promise<void> {
    const { mark } = machine;
    const own = this.#owned(mark);
    if (step === 'create') return own === undefined ? await this.#create(machine) : undefined;
    if (own === undefined) {
      if (this.named(mark.machine) !== undefined)
        throw infraError('MACHINE_NOT_OURS', { subject: mark.machine });
      if (step === 'delete' || step === 'power-off') return;
      throw infraError('CLOUD_REQUEST_FAILED', { subject: mark.machine, detail: 'it is not there' });
    }
    if (own.isOn && (step === 'delete' || step === 'configure'))
      throw infraError('CLOUD_REQUEST_FAILED', { subject: mark.machine, detail: 'it is on' });
    if (step === 'delete') this.machines.delete(own.reference);
    else if (step === 'configure') own.isComplete = true;
    else own.isOn = step === 'power-on';
  }

  async #create(machine: WantedMachine): Promise<void> {
    const { mark, shape } = machine;
    const [missing] = this.#missing(shape.template);
    if (missing !== undefined) throw infraError('TEMPLATE_UNKNOWN', { subject: missing.subject });
    if (this.machines.size >= this.room) throw infraError('QUOTA_EXCEEDED', { subject: mark.machine });
    if (this.named(mark.machine) !== undefined)
      throw infraError('MACHINE_NAME_TAKEN', { subject: mark.machine });
    const made = this.#put(mark.machine, mark, false);
    made.addresses = givenAddresses(machine);
    await this.interrupt('half-made');
    made.isComplete = true;
  }

  #owned({ id }: MachineMark): ModelMachine | undefined {
    return [...this.machines.values()].find(({ mark }) => mark?.id === id);
  }

  #missing(template: string | undefined): Finding[] {
    if (template === undefined || this.templates.has(template)) return [];
    return [
      { code: 'TEMPLATE_UNKNOWN', severity: 'error', subject: `template ${template}`, detail: undefined },
    ];
  }

  #put(name: string, mark: MachineMark | undefined, isComplete: boolean): ModelMachine {
    const reference = `vm-${++this.#count}`;
    const state = { isComplete, isOn: false, failure: undefined, addresses: [] };
    const machine: ModelMachine = { reference, name, mark, ...state };
    this.machines.set(reference, machine);
    return machine;
  }
}
