/**
 * What vcsim takes for docker: a virtual machine's "container" is a machine (machine.ts) that it creates, starts, stops,
 * inspects and removes. Guest variables come as --env, as vcsim hands guestinfo over.
 *
 *     node docker.ts SITE_FOLDER COMMAND ARGUMENTS...
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSkerryError } from '../../content/error.ts';
import { createMachine, removeMachine, startMachine, stopMachine, viewMachine } from './machine.ts';
import { type MachineSite, readSite } from './site.ts';

const [folder = '', command = '', ...args] = process.argv.slice(2);
/** Of its card, where vcsim says one; the guest does not get it. */
const MAC = 'MACHINE_MAC';
const ADDRESS_MILLISECONDS = 15_000;

async function run(site: MachineSite): Promise<string> {
  const target = args.find((one) => !one.startsWith('-')) ?? '';
  switch (command) {
    case 'create':
      return create(site);
    case 'start':
    case 'unpause':
      await startMachine(site, target);
      await addressed(site, target);
      return target;
    case 'stop':
    case 'pause':
      await stopMachine(site, target);
      return target;
    case 'restart':
      await stopMachine(site, target);
      await startMachine(site, target);
      return target;
    case 'rm':
      await removeMachine(site, target);
      return target;
    case 'inspect':
      return JSON.stringify([await details(site, target)]);
    case 'events':
      // vcsim ends it; it looks at machines every now and then without being told.
      await new Promise(() => setInterval(() => undefined, 60_000));
      return '';
    default:
      return '';
  }
}

async function create(site: MachineSite): Promise<string> {
  const id = randomBytes(12).toString('hex');
  const variables: Record<string, string> = {};
  let name = id;
  for (const [index, arg] of args.entries()) {
    const value = args[index + 1] ?? '';
    if (arg === '--name') name = value;
    const equals = value.indexOf('=');
    if (arg === '--env' && equals > 0) variables[value.slice(0, equals)] = value.slice(equals + 1);
  }
  // The image, which vcsim names after the template that was cloned.
  const template = args.at(-1);
  const { [MAC]: mac, ...guest } = variables;
  const seed = { kind: 'guestinfo', variables: guest } as const;
  await createMachine(site, { id, name, seed, template, mac: mac || undefined });
  return id;
}

/** vcsim asks for the address once, right after the start. */
async function addressed(site: MachineSite, id: string): Promise<void> {
  const deadline = Date.now() + ADDRESS_MILLISECONDS;
  while (Date.now() < deadline) {
    const { isOn, addresses } = await viewMachine(site, id);
    if (!isOn || addresses.length > 0) return;
    await sleep(100);
  }
}

async function details(site: MachineSite, id: string) {
  const { name, isOn, addresses, mac } = await viewMachine(site, id).catch((error: unknown) => {
    // At this word vcsim destroys the virtual machine: only of one that is surely gone may it be said.
    const isGone =
      isSkerryError(error, 'CLUSTER_UNKNOWN') &&
      existsSync(site.folder) &&
      !existsSync(join(site.folder, id));
    throw isGone ? new Error(`Error: No such object: ${id}`) : error;
  });
  const address = addresses[0] ?? '';
  const last = Number(address.split('.').at(-1) || 0);
  return {
    State: { Running: isOn, Paused: false },
    Config: { Hostname: name, Domainname: '', DNS: null },
    NetworkSettings: {
      Gateway: site.gateway,
      IPAddress: address,
      IPPrefixLen: 24,
      MacAddress: mac ?? `02:53:4b:00:00:${last.toString(16).padStart(2, '0')}`,
      Networks: {},
    },
  };
}

try {
  process.stdout.write(`${await run(await readSite(folder))}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
