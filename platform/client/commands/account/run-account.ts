import type { Command } from 'commander';
import { type Account, accounts } from '../../kinds.ts';
import { readText } from '../../objects/object-file.ts';
import type { ListFlags } from '../../options.ts';
import { age } from '../../output/age.ts';
import { conditionTable } from '../../output/condition-table.ts';
import { fields, table } from '../../output/table.ts';
import type { Terminal } from '../../output/terminal.ts';
import { listObjects, showObject, type View } from '../../output/view.ts';
import { inSession } from '../../session.ts';
import type { CreateFlags } from './account.ts';

export async function runList(terminal: Terminal, options: ListFlags, command: Command): Promise<void> {
  await inSession(terminal, command, (session) => listObjects(session, accountView, options));
}

export async function runShow(
  terminal: Terminal,
  name: string,
  options: { watch?: boolean },
  command: Command,
): Promise<void> {
  await inSession(terminal, command, (session) => showObject(session, accountView, name, options));
}

export async function runCreate(
  terminal: Terminal,
  name: string,
  { type, gateway, secret, endpoint, caFile, set, share }: CreateFlags,
  command: Command,
): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const ca = caFile === undefined ? undefined : await readText(caFile, terminal.stdin);
    const settings = Object.fromEntries(set.map((one) => [one.name, one.value]));
    const object = await session.objects(accounts).create({
      name,
      spec: {
        type,
        gateway,
        credentials: { name: secret },
        ...(endpoint === undefined ? {} : { endpoint }),
        ...(ca === undefined ? {} : { ca }),
        ...(set.length === 0 ? {} : { settings }),
        ...(share.length === 0 ? {} : { usableBy: share }),
      },
    });
    session.print(
      object,
      () => `account ${name} is made; skerry account show ${name} says whether the cloud takes it`,
    );
  });
}

export async function runDelete(terminal: Terminal, name: string, command: Command): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const objects = session.objects(accounts);
    const account = await objects.get(name);
    await session.confirm(
      `Account ${name} of project ${account.project} (${account.spec.type}) will be forgotten.`,
    );
    await objects.delete(name);
    session.print({ name, deleted: true }, () => `account ${name} goes once its gateway has let go of it`);
  });
}

const accountView: View<Account> = {
  kind: accounts,
  headings: ['NAME', 'TYPE', 'GATEWAY', 'STATE', 'CHECKED', 'ENDPOINT', 'AGE'],
  row: (account, now) => [
    account.name,
    account.spec.type,
    account.spec.gateway ?? '',
    stateOf(account),
    age(account.status?.at, now),
    account.spec.endpoint ?? '',
    age(account.created, now),
  ],
  describe: (account, now) => {
    const { name, project, spec, status } = account;
    const orphans = status?.orphans ?? [];
    return [
      fields([
        ['name', name],
        ['project', project],
        ['type', spec.type],
        ['endpoint', spec.endpoint],
        ['gateway', spec.gateway],
        ['credentials', `Secret ${spec.credentials.name}`],
        ['shared with', spec.usableBy?.join(', ')],
        ['state', stateOf(account)],
        ['checked', status?.at && `${age(status.at, now)} ago`],
        ['last error', status?.lastError && `${status.lastError.code}: ${status.lastError.detail}`],
        ['can', status?.capabilities?.join(', ')],
      ]),
      orphans.length === 0
        ? ''
        : `\n\nMACHINES THAT NOBODY KNOWS\n${table(
            ['MACHINE', 'CLUSTER', 'ID'],
            orphans.map((orphan) => [orphan.name, orphan.cluster, orphan.id]),
          )}`,
      conditionTable(status?.conditions, now),
    ].join('');
  },
};

function stateOf({ status, deleting }: Account): string {
  if (typeof deleting === 'string') return 'Deleting';
  const refused = status?.conditions?.find(
    ({ type, status: value }) => type === 'Accepted' && value === 'False',
  );
  if (refused !== undefined) return refused.reason;
  if (status?.verified === undefined) return 'Pending';
  return status.verified ? 'Verified' : (status.lastError?.code ?? 'Refused');
}
