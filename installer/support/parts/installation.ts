import { describeInventory } from '../../certificates/describe.ts';
import { readInventory } from '../../certificates/inventory.ts';
import { describeCountdown, readChannelCountdown } from '../../channel-countdown.ts';
import { LEASE, NAMESPACE } from '../../names.ts';
import { describeUpgrade } from '../../record/describe-upgrade.ts';
import { describeRun } from '../../record/last-run.ts';
import type { Collected, SupportContext, SupportPart } from '../part.ts';
import { ask } from './ask.ts';

/** The installer's record with the journal, its lock, and the dates of certificates. */
export const installationPart: SupportPart = {
  id: 'installation',
  title: 'what is installed, the journal, and certificates with their dates',
  collect: async (context, into) => {
    await collectRecord(context, into);
    await collectCertificates(context, into);
    await collectChannel(context, into);
  },
};

async function collectRecord(context: SupportContext, into: Collected): Promise<void> {
  const { client, installation, signal } = context;
  if (installation === undefined) {
    into.miss('record of the installation', 'there is none, or it cannot be read');
  } else {
    const { release, state, history } = installation;
    into.say(`release     ${release.name} ${release.version}, ${state}`);
    for (const line of describeUpgrade(installation)) into.say(line);
    const last = history.at(-1);
    if (last !== undefined) into.say(`last run    ${describeRun(last)}`);
    into.json('record.json', installation);
    into.text('journal.txt', history.map(describeRun).join('\n'));
  }
  const metadata = { name: LEASE, namespace: NAMESPACE };
  const lease = await ask(context, into, 'lock of the installer', () =>
    client.get({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata }, { signal }),
  );
  if (lease !== undefined) into.json('lock.json', lease);
}

async function collectCertificates(context: SupportContext, into: Collected): Promise<void> {
  const inventory = await ask(context, into, 'certificates', () => readInventory(context));
  if (inventory === undefined) return;
  for (const what of inventory.unread) into.miss('certificates', what);
  for (const warning of inventory.warnings) into.say(`WARNING     ${warning}`);
  into.json('certificates.json', inventory);
  into.text('certificates.txt', describeInventory(inventory).join('\n'));
}

async function collectChannel(context: SupportContext, into: Collected): Promise<void> {
  const { client, now, signal } = context;
  const channel = await ask(context, into, 'channel', () => readChannelCountdown(client, now(), signal));
  if (channel === undefined) return;
  into.say(`channel     ${describeCountdown(channel)}`);
  into.json('channel.json', channel);
}
