import type { Clock } from '../../../../apply/clock.ts';
import { isSkerryError } from '../../../../content/error.ts';
import type { MachineShape } from '../../api/skerry-machine.ts';
import { infraError } from '../../errors.ts';
import type { MachineMark, MachineStep, ObservedMachine, OwnedMachine, WantedMachine } from '../machine.ts';
import type { CloudProvider, Finding, Verification } from '../provider.ts';
import { cloneSpec, configSpec, deviceChanges, readHardware, type TemplateHardware } from './clone-spec.ts';
import { failureOf } from './failure.ts';
import { Inventory } from './inventory.ts';
import { addressesInMark, MARK_KEY, readConsole, readExtraConfig, readMark } from './machine-content.ts';
import { addressesOf, observedOf, type Properties, SHOWN } from './observed.ts';
import { findPlace, type MachinePlace } from './place.ts';
import { VspherePlacement } from './placement.ts';
import { missingFor } from './preflight.ts';
import { objectsBelow, propertiesOf } from './properties.ts';
import type { VsphereSession } from './session.ts';
import { type Reference, reference, referenceOf, VsphereFault, value } from './soap.ts';
import { untilTaskEnds } from './task.ts';
import { findTemplate } from './template.ts';
import { verifyAccount } from './verify.ts';
import { childOf, textOf } from './xml.ts';

const MACHINE_PATHS = [
  'name',
  'config.instanceUuid',
  'config.extraConfig',
  'config.hardware.numCPU',
  'config.hardware.memoryMB',
  'runtime.powerState',
  'guest.ipAddress',
  'guest.net',
] as const;

const FRESH_MS = 1000;

/** Machines of one vCenter, by its SOAP API, which all versions have. */
export class VsphereProvider implements CloudProvider {
  readonly #session: VsphereSession;
  readonly #inventory: Inventory;
  readonly #clock: Clock;
  /** Where a machine was seen last: a hint, which saves looking for it; its mark is read again all the same. */
  readonly #seen = new Map<string, Reference>();
  readonly #hardware = new Map<string, TemplateHardware>();
  /** What was observed last, for the step that follows from it. */
  readonly #looks = new Map<string, { readonly look: Look; readonly at: number }>();

  constructor(session: VsphereSession, clock: Clock) {
    this.#session = session;
    this.#clock = clock;
    this.#inventory = new Inventory(session, () => clock.now());
  }

  async verify(signal: AbortSignal): Promise<Verification> {
    return await this.#said('account', async () => await verifyAccount(this.#session, signal));
  }

  async preflight(
    shapes: readonly { shape: MachineShape; count: number }[],
    signal: AbortSignal,
  ): Promise<readonly Finding[]> {
    this.#inventory.forget();
    return await this.#said('preflight', async () => await missingFor(this.#inventory, shapes, signal));
  }

  async observe(mark: MachineMark, shape: MachineShape, signal: AbortSignal): Promise<ObservedMachine> {
    return await this.#said(mark.machine, async () => {
      const look = await this.#look(mark, shape, signal);
      if (look.own === undefined) this.#looks.delete(mark.id);
      else this.#looks.set(mark.id, { look, at: this.#clock.now() });
      return look.observed;
    });
  }

  async act(step: MachineStep, machine: WantedMachine, signal: AbortSignal): Promise<void> {
    await this.#said(machine.mark.machine, async () => {
      const just = this.#justSeen(machine.mark);
      if (step === 'create') return await this.#create(machine, signal);
      const isHarmless = step === 'configure' || step === 'power-on';
      const { own, observed } =
        (isHarmless ? just : undefined) ?? (await this.#look(machine.mark, machine.shape, signal));
      if (own !== undefined) return await this.#change(step, own, machine, signal);
      if (observed.state === 'foreign')
        throw infraError('MACHINE_NOT_OURS', { subject: machine.mark.machine, detail: observed.detail });
      if (step === 'delete' || step === 'power-off') return;
      throw infraError('CLOUD_REQUEST_FAILED', { subject: machine.mark.machine, detail: 'it is not there' });
    });
  }

  async listOwned(signal: AbortSignal): Promise<readonly OwnedMachine[]> {
    return await this.#said('machines', async () => {
      const { rootFolder } = await this.#session.content(signal);
      const path = `config.extraConfig["${MARK_KEY}"]`;
      const paths = ['name', 'guest.ipAddress', 'guest.net', path];
      const found = await objectsBelow(this.#session, rootFolder, { VirtualMachine: paths }, signal);
      return found.flatMap(({ object, properties }) => {
        // vCenter writes the path as it likes.
        const [own] = [...properties].flatMap(([key, option]) => (key.startsWith('config.') ? [option] : []));
        const text = textOf(own, 'value');
        const mark = readMark(text);
        const name = properties.get('name')?.text ?? '';
        const addresses = [...new Set([...addressesInMark(text), ...addressesOf(properties)])];
        return mark === undefined ? [] : [{ mark, name, reference: object.value, addresses }];
      });
    });
  }

  async console(mark: MachineMark, signal: AbortSignal): Promise<string | undefined> {
    return await this.#said(mark.machine, async () => {
      const object = this.#seen.get(mark.id) ?? (await this.#byId(mark, signal));
      const properties = object === undefined ? undefined : await this.#properties(object, signal);
      const extra = readExtraConfig(properties?.get('config.extraConfig'));
      return readMark(extra.get(MARK_KEY))?.id === mark.id ? readConsole(extra) : undefined;
    });
  }

  async close(): Promise<void> {
    await this.#session.close();
  }

  /** What was seen within this second, once: what takes something away looks for itself. */
  #justSeen({ id }: MachineMark): Look | undefined {
    const seen = this.#looks.get(id);
    this.#looks.delete(id);
    return seen !== undefined && this.#clock.now() - seen.at < FRESH_MS ? seen.look : undefined;
  }

  /** What is seen of a machine, and where it is if it is ours. */
  async #look(mark: MachineMark, shape: MachineShape, signal: AbortSignal): Promise<Look> {
    const hint = this.#seen.get(mark.id);
    if (hint !== undefined) {
      const look = await this.#lookAt(hint, mark, shape, signal);
      if (look !== undefined) return look;
      this.#seen.delete(mark.id);
    }
    const found = (await this.#byId(mark, signal)) ?? (await this.#byName(mark, shape, signal));
    if (found === undefined) return ABSENT;
    return (await this.#lookAt(found, mark, shape, signal)) ?? ABSENT;
  }

  async #byId(mark: MachineMark, signal: AbortSignal): Promise<Reference | undefined> {
    const { searchIndex } = await this.#session.content(signal);
    const given = value('uuid', mark.id) + value('vmSearch', true) + value('instanceUuid', true);
    const answer = await this.#session.call('FindAllByUuid', searchIndex, given, signal);
    return referenceOf(childOf(answer, 'returnval'));
  }

  /** What has the machine's name where the machine would be; nothing where that place is not there. */
  async #byName(mark: MachineMark, shape: MachineShape, signal: AbortSignal): Promise<Reference | undefined> {
    const place = await this.#place(shape, signal).catch((error: unknown) => {
      if (isSkerryError(error, 'PLACEMENT_UNKNOWN') || isSkerryError(error, 'NETWORK_UNKNOWN'))
        return undefined;
      throw error;
    });
    if (place === undefined) return undefined;
    const { searchIndex } = await this.#session.content(signal);
    const given = reference('entity', place.folder) + value('name', mark.machine);
    const answer = await this.#session.call('FindChild', searchIndex, given, signal);
    return referenceOf(childOf(answer, 'returnval'));
  }

  /** Undefined when it is gone. */
  async #lookAt(
    object: Reference,
    mark: MachineMark,
    shape: MachineShape,
    signal: AbortSignal,
  ): Promise<Look | undefined> {
    const properties = await this.#properties(object, signal);
    if (properties === undefined) return undefined;
    const extraConfig = properties.get('config.extraConfig');
    // Being cloned: it has no configuration yet, and so nobody's mark.
    if (extraConfig === undefined && properties.get('config.instanceUuid') === undefined)
      return { own: undefined, observed: { ...SHOWN, reference: object.value, power: 'changing' } };
    const extra = readExtraConfig(extraConfig);
    if (readMark(extra.get(MARK_KEY))?.id !== mark.id) {
      const name = properties.get('name')?.text ?? '';
      return { own: undefined, observed: { state: 'foreign', detail: `${name} (${object.value})` } };
    }
    this.#seen.set(mark.id, object);
    return { own: object, observed: observedOf(object, properties, extra, shape) };
  }

  async #properties(object: Reference, signal: AbortSignal): Promise<Properties | undefined> {
    try {
      return await propertiesOf(this.#session, object, MACHINE_PATHS, signal);
    } catch (error) {
      if (isFault(error, 'ManagedObjectNotFound')) return undefined;
      throw error;
    }
  }

  async #create(machine: WantedMachine, signal: AbortSignal): Promise<void> {
    const { mark, shape } = machine;
    const placement = VspherePlacement.parse(shape.placement ?? {});
    const place = await this.#place(shape, signal);
    const template = await findTemplate(this.#inventory, shape, placement, signal);
    const hardware = await this.#hardwareOf(template, signal);
    const changes = await deviceChanges(this.#session, hardware, place, shape.diskGiB, signal);
    const spec = cloneSpec(machine, place, placement, changes, hardware.snapshot);
    const given = reference('folder', place.folder) + value('name', mark.machine) + spec;
    try {
      const made = await this.#task('CloneVM_Task', template, given, signal);
      if (made === undefined) return;
      this.#seen.set(mark.id, made);
      // Interrupted before this it lacks its content, and is configured by the next step.
      if (machine.address !== undefined) await this.#configure(made, machine, signal);
    } catch (error) {
      if (isFault(error, 'ManagedObjectNotFound')) this.#inventory.forget();
      if (!isFault(error, 'DuplicateName')) throw error;
      // Ours by another controller, or by a call whose answer was lost.
      const { observed } = await this.#look(mark, shape, signal);
      if (observed.state !== 'present') throw error;
    }
  }

  async #change(
    step: Exclude<MachineStep, 'create'>,
    own: Reference,
    machine: WantedMachine,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      if (step === 'configure') await this.#configure(own, machine, signal);
      else if (step === 'power-on') await this.#task('PowerOnVM_Task', own, '', signal);
      else if (step === 'power-off') await this.#task('PowerOffVM_Task', own, '', signal);
      else {
        await this.#task('Destroy_Task', own, '', signal);
        this.#seen.delete(machine.mark.id);
      }
    } catch (error) {
      const isPower = step === 'power-on' || step === 'power-off';
      if (isPower && isFault(error, 'InvalidPowerState')) return;
      if ((step === 'delete' || step === 'power-off') && isFault(error, 'ManagedObjectNotFound')) return;
      throw error;
    }
  }

  async #configure(own: Reference, machine: WantedMachine, signal: AbortSignal): Promise<void> {
    const { mark, address } = machine;
    const mac =
      address === undefined ? undefined : (await readHardware(this.#session, own, signal)).card?.mac;
    if (address !== undefined && mac === undefined)
      throw infraError('NETWORK_UNKNOWN', { subject: mark.machine, detail: 'it has no network card' });
    await this.#task('ReconfigVM_Task', own, configSpec('spec', machine, [], mac), signal);
  }

  async #task(
    method: string,
    self: Reference,
    content: string,
    signal: AbortSignal,
  ): Promise<Reference | undefined> {
    const answer = await this.#session.call(method, self, content, signal);
    return await untilTaskEnds(this.#session, answer, this.#clock, signal);
  }

  async #place({ placement }: MachineShape, signal: AbortSignal): Promise<MachinePlace> {
    return await findPlace(this.#inventory, VspherePlacement.parse(placement ?? {}), signal);
  }

  async #hardwareOf(template: Reference, signal: AbortSignal): Promise<TemplateHardware> {
    const known = this.#hardware.get(template.value);
    if (known !== undefined) return known;
    const read = await readHardware(this.#session, template, signal);
    this.#hardware.set(template.value, read);
    return read;
  }

  /** Faults of vCenter as errors of the table. */
  async #said<T>(subject: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof VsphereFault) throw failureOf(error, subject);
      throw error;
    }
  }
}

interface Look {
  readonly own: Reference | undefined;
  readonly observed: ObservedMachine;
}

const ABSENT: Look = { own: undefined, observed: { state: 'absent' } };
function isFault(error: unknown, fault: string): boolean {
  return error instanceof VsphereFault && error.fault === fault;
}
