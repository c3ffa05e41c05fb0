import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { systemClock } from '../../apply/clock.ts';
import { testCertificate } from '../../content/testing/certificate.ts';
import type { SkerryAccountSpec } from '../../platform/infra/api/skerry-account.ts';
import { CloudConnection } from '../../platform/infra/connection/cloud-connection.ts';
import type { WantedMachine } from '../../platform/infra/provider/machine.ts';
import { vsphere } from '../../platform/infra/provider/vsphere/driver.ts';
import { CONSOLE_KEY } from '../../platform/infra/provider/vsphere/machine-content.ts';
import { objectsBelow, propertiesOf } from '../../platform/infra/provider/vsphere/properties.ts';
import { VsphereSession } from '../../platform/infra/provider/vsphere/session.ts';
import { type Reference, reference, typed, value, xml } from '../../platform/infra/provider/vsphere/soap.ts';
import { untilTaskEnds } from '../../platform/infra/provider/vsphere/task.ts';
import { VsphereProvider } from '../../platform/infra/provider/vsphere/vsphere-provider.ts';
import { childrenOf, textOf } from '../../platform/infra/provider/vsphere/xml.ts';
import { wantedMachine } from '../../platform/infra/testing/model-bench.ts';
import type { ProviderBench } from '../../platform/infra/testing/provider-bench.ts';
import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';
import { type Front, startFront } from './vcsim-front.ts';

const LOGIN = { username: 'skerry', password: 'secret' };
export const TEMPLATE = 'skerry-node';
const signal = new AbortController().signal;

/** A vCenter of its own (VMware's simulator), seen through a front, and an administrator's session in it. */
export class VsphereBench implements ProviderBench {
  readonly seeds = 3;
  readonly address = { address: '10.20.0.99', prefix: 16, gateway: undefined, dns: [], search: [] };
  readonly #front: Front;
  readonly #admin: VsphereSession;
  readonly #direct: string;
  readonly #stop: () => Promise<void>;
  readonly account: SkerryAccountSpec;
  readonly credentials: Readonly<Record<string, string>> = LOGIN;

  private constructor(front: Front, direct: string, ca: string, stop: () => Promise<void>) {
    this.#front = front;
    this.#direct = direct;
    this.#stop = stop;
    this.account = {
      origin: { project: 'team', name: 'lab' },
      type: 'vsphere',
      endpoint: `https://127.0.0.1:${front.port}`,
      ca,
      credentials: { name: 'lab' },
      requestsPerSecond: 1000,
    };
    const connection = new CloudConnection({ url: direct, ca, requestsPerSecond: 1000 });
    this.#admin = new VsphereSession(connection, LOGIN, () => new Date());
  }

  static async start(): Promise<VsphereBench> {
    const { vcsim } = await ensurePrograms(['vcsim'], { cache: programCache(process.env) });
    const folder = await mkdtemp(join(tmpdir(), 'skerry-vcsim-'));
    const { cert, key } = await testCertificate();
    const [certificate, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
    await writeFile(certificate, cert);
    await writeFile(keyFile, key, { mode: 0o600 });
    const args = ['-listen', '127.0.0.1:0', '-template', TEMPLATE];
    const program = spawn(vcsim, [...args, '-certificate', certificate, '-key', keyFile], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const stop = async () => {
      program.kill();
      if (program.exitCode === null && program.signalCode === null) await once(program, 'exit');
      await rm(folder, { recursive: true, force: true });
    };
    for await (const line of createInterface({ input: program.stdout })) {
      const direct = /^ready (https:\/\/\S+?)\/?$/.exec(line)?.[1];
      if (direct === undefined) continue;
      return new VsphereBench(await startFront(Number(new URL(direct).port)), direct, cert, stop);
    }
    await stop();
    throw new Error('vcsim did not start');
  }

  open(): VsphereProvider {
    const { account, credentials } = this;
    return vsphere.open({ account, credentials, now: () => new Date() }) as VsphereProvider;
  }

  /** A provider whose calls are counted. */
  counted(): { provider: VsphereProvider; session: VsphereSession } {
    const { endpoint = '', ca } = this.account;
    const connection = new CloudConnection({ url: endpoint, ca, requestsPerSecond: 1000 });
    const session = new VsphereSession(connection, LOGIN, () => new Date());
    return { provider: new VsphereProvider(session, systemClock), session };
  }

  machine(name: string, more: Partial<WantedMachine> = {}): WantedMachine {
    const shape = { template: TEMPLATE, cpus: 2, memoryMiB: 2048, placement: { network: 'DC0_DVPG0' } };
    return wantedMachine(name, { shape, ...more });
  }

  async inventory() {
    const { rootFolder } = await this.#admin.content(signal);
    const all = await objectsBelow(
      this.#admin,
      rootFolder,
      { VirtualMachine: ['name', 'runtime.powerState'] },
      signal,
    );
    return all
      .map(({ object, properties }) => ({
        name: properties.get('name')?.text ?? '',
        reference: object.value,
        isOn: properties.get('runtime.powerState')?.text === 'poweredOn',
      }))
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  async properties(machine: WantedMachine, ...paths: string[]) {
    return await propertiesOf(this.#admin, await this.#named(machine.mark.machine), paths, signal);
  }

  async switchOff({ mark }: WantedMachine): Promise<void> {
    await this.#task('PowerOffVM_Task', await this.#named(mark.machine), '');
  }

  async remove({ mark }: WantedMachine): Promise<void> {
    const object = await this.#named(mark.machine);
    await this.#task('PowerOffVM_Task', object, '').catch(() => undefined);
    await this.#task('Destroy_Task', object, '');
  }

  async putStranger(name: string): Promise<void> {
    await this.#clone(name, '');
  }

  async unmark({ mark }: WantedMachine): Promise<void> {
    const option = typed('extraConfig', 'OptionValue', value('key', 'skerry.mark'), EMPTY);
    await this.#task('ReconfigVM_Task', await this.#named(mark.machine), xml('spec', option));
  }

  /** What its guest says of itself by VMware's tools, as a guest variable. */
  async tellConsole({ mark }: WantedMachine, text: string): Promise<void> {
    const said = `<value xsi:type="xsd:string">${Buffer.from(text).toString('base64')}</value>`;
    const option = typed('extraConfig', 'OptionValue', value('key', CONSOLE_KEY), said);
    await this.#task('ReconfigVM_Task', await this.#named(mark.machine), xml('spec', option));
  }

  async leaveHalf({ mark }: WantedMachine): Promise<void> {
    const text = JSON.stringify(mark);
    const marked = `<value xsi:type="xsd:string">${value('v', text).slice(3, -4)}</value>`;
    const option = typed('extraConfig', 'OptionValue', value('key', 'skerry.mark'), marked);
    await this.#clone(mark.machine, xml('config', value('instanceUuid', mark.id), option));
  }

  async endSessions(): Promise<void> {
    const { sessionManager } = await this.#admin.content(signal);
    const found = await propertiesOf(this.#admin, sessionManager, ['sessionList', 'currentSession'], signal);
    const own = textOf(found.get('currentSession'), 'key');
    const keys = childrenOf(found.get('sessionList'), 'UserSession').flatMap((session) => {
      const key = textOf(session, 'key');
      return key === undefined || key === own ? [] : [value('sessionId', key)];
    });
    if (keys.length > 0) await this.#admin.call('TerminateSession', sessionManager, keys.join(''), signal);
  }

  async sessions(): Promise<number> {
    const { sessionManager } = await this.#admin.content(signal);
    const found = await propertiesOf(this.#admin, sessionManager, ['sessionList'], signal);
    // Without the administrator's.
    return childrenOf(found.get('sessionList'), 'UserSession').length - 1;
  }

  async refuseCredentials(isRefused: boolean): Promise<void> {
    if (isRefused) {
      await this.endSessions();
      await this.fault({ method: 'Login', fault: 'InvalidLogin' });
    } else await this.clearFaults();
  }

  async goAway(isAway: boolean): Promise<void> {
    this.#front.isAway = isAway;
  }

  /** Calls of this method fail from now on: `times` of them, after `skip`, or all. */
  async fault(rule: { method: string; fault: string; skip?: number; times?: number }): Promise<void> {
    await this.#faults('POST', JSON.stringify(rule));
  }

  async clearFaults(): Promise<void> {
    await this.#faults('DELETE');
  }

  async close(): Promise<void> {
    await this.#admin.close();
    await this.#front.close();
    await this.#stop();
  }

  async #faults(method: string, body?: string): Promise<void> {
    const args = [
      '-ksSf',
      '-X',
      method,
      ...(body === undefined ? [] : ['-d', body]),
      `${this.#direct}/faults`,
    ];
    await new Promise<void>((resolve, reject) =>
      execFile('curl', args, (error) => (error === null ? resolve() : reject(error))),
    );
  }

  async #clone(name: string, config: string): Promise<void> {
    const template = await this.#named(TEMPLATE);
    const found = await propertiesOf(this.#admin, template, ['parent', 'resourcePool'], signal);
    const of = (path: string) => {
      const element = found.get(path);
      return { type: element?.attributes.type ?? '', value: element?.text ?? '' };
    };
    const location = xml('location', reference('pool', of('resourcePool')));
    const spec = xml('spec', location, value('template', false), config, value('powerOn', false));
    await this.#task(
      'CloneVM_Task',
      template,
      reference('folder', of('parent')) + value('name', name) + spec,
    );
  }

  async #task(method: string, object: Reference, content: string): Promise<void> {
    const answer = await this.#admin.call(method, object, content, signal);
    await untilTaskEnds(this.#admin, answer, systemClock, signal);
  }

  async #named(name: string): Promise<Reference> {
    const { rootFolder } = await this.#admin.content(signal);
    const all = await objectsBelow(this.#admin, rootFolder, { VirtualMachine: ['name'] }, signal);
    const found = all.find(({ properties }) => properties.get('name')?.text === name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found.object;
  }
}

const EMPTY = '<value xsi:type="xsd:string"></value>';
