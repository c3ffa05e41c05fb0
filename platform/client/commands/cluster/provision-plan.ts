import { isJsonObject, type JsonObject } from '../../../../apply/json.ts';
import { isSkerryError } from '../../../../content/error.ts';
import { ClusterSpec } from '../../../api/cluster.ts';
import type { Provisioning } from '../../../api/provisioning.ts';
import { platformError } from '../../../errors.ts';
import { accounts, clusters } from '../../kinds.ts';
import { parseSpec, readText } from '../../objects/object-file.ts';
import type { Draft } from '../../objects/objects.ts';
import { age } from '../../output/age.ts';
import { faultText } from '../../output/say-warnings.ts';
import { fields, table } from '../../output/table.ts';
import type { Terminal } from '../../output/terminal.ts';
import type { Session } from '../../session.ts';
import type { MachineFlags } from './machine-options.ts';

/** The spec that a file has; empty without one. Throws OBJECT_FILE_INVALID. */
export async function readDraft(terminal: Terminal, path: string | undefined): Promise<ClusterSpec> {
  if (path === undefined) return {};
  const read = ClusterSpec.safeParse(parseSpec(await readText(path, terminal.stdin), path, 'Cluster'));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const detail = `${issue?.path.join('.')}: ${issue?.message}`;
  throw platformError('OBJECT_FILE_INVALID', { subject: path, detail });
}

/** What options ask for; undefined where they ask for no machines. Throws PROVISION_INCOMPLETE. */
export function provisionOf(flags: MachineFlags): Provisioning | undefined {
  const { account, accountProject, kubernetes, size, template, pool, placement, deletion } = flags;
  if (account === undefined) return undefined;
  const sizes = pool.map((one) => one.size ?? size);
  if (kubernetes === undefined || size === undefined || sizes.includes(undefined))
    throw platformError('PROVISION_INCOMPLETE', { subject: '--kubernetes, --size' });
  const image = template === undefined ? {} : { template };
  const endpoint = {
    ...(flags.endpoint === undefined ? {} : { host: flags.endpoint }),
    ...(flags.endpointPool === undefined ? {} : { pool: flags.endpointPool }),
  };
  return {
    account,
    ...(accountProject === undefined ? {} : { accountProject }),
    kubernetes,
    ...(placement.length === 0 ? {} : { placement: placed(flags) }),
    ...(Object.keys(endpoint).length === 0 ? {} : { endpoint }),
    ...(flags.addresses === undefined ? {} : { addresses: flags.addresses }),
    controlPlane: { replicas: flags.controlPlanes ?? 1, size, ...image },
    pools: pool.map((one) => ({
      name: one.name,
      replicas: one.replicas,
      size: one.size ?? size,
      ...image,
    })),
    ...(deletion === undefined ? {} : { deletion }),
  };
}

function placed({ placement }: MachineFlags): JsonObject {
  return Object.fromEntries(placement.map(({ name, value }) => [name, value]));
}

/**
 * What would be made, and what is missing: by the hub's own check, which writes nothing, and by what the account's
 * gateway said last. Throws what the hub answers, but for what is wrong with the object: that is in the text.
 */
export async function planText(session: Session, name: string, draft: Draft): Promise<string> {
  const { spec } = draft;
  const provision = isJsonObject(spec) ? ClusterSpec.parse(spec).provision : undefined;
  if (provision === undefined) return '';
  const missing = await missingOf(session, draft);
  const groups = [{ name: 'control-plane', ...provision.controlPlane }, ...(provision.pools ?? [])];
  const { endpoint = {} } = provision;
  return [
    fields([
      ['cluster', `${session.project()}/${name}`],
      ['account', `${provision.accountProject ?? session.project()}/${provision.account}`],
      ['account state', await accountState(session, provision)],
      ['kubernetes', provision.kubernetes],
      ['endpoint', endpoint.host ?? (endpoint.pool === undefined ? 'none' : `from pool ${endpoint.pool}`)],
      ['addresses', provision.addresses === undefined ? 'DHCP' : `from pool ${provision.addresses}`],
      ['machines', String(groups.reduce((sum, { replicas }) => sum + replicas, 0))],
    ]),
    '\n\n',
    table(
      ['POOL', 'MACHINES', 'SIZE', 'TEMPLATE'],
      groups.map((group) => [
        group.name,
        String(group.replicas),
        typeof group.size === 'string' ? group.size : sizeText(group.size),
        group.template ?? '',
      ]),
    ),
    `\n\n${missing.length === 0 ? 'Nothing is missing.' : `Missing:\n${missing.map((line) => `  ${line}`).join('\n')}`}`,
  ].join('');
}

function sizeText({
  cpus,
  memoryMiB,
  diskGiB,
}: {
  cpus: number;
  memoryMiB: number;
  diskGiB?: number | undefined;
}): string {
  return `${cpus} CPUs, ${memoryMiB} MiB${diskGiB === undefined ? '' : `, ${diskGiB} GiB`}`;
}

async function missingOf(session: Session, draft: Draft): Promise<string[]> {
  try {
    const { warnings = [] } = await session.objects(clusters).check(draft);
    return warnings.map(faultText);
  } catch (error) {
    if (!isSkerryError(error, 'OBJECT_INVALID')) throw error;
    return (error.detail ?? '').split('; ');
  }
}

async function accountState(session: Session, { account, accountProject }: Provisioning): Promise<string> {
  const found = await session.objects(accounts, accountProject).find(account);
  if (found === undefined) return 'there is none';
  const { verified, at, lastError } = found.status ?? {};
  if (verified === undefined || at === undefined) return 'its gateway has not looked at it yet';
  const when = `${age(at, session.terminal.now())} ago`;
  return verified
    ? `verified ${when}`
    : `refused ${when}: ${lastError?.code ?? ''} ${lastError?.detail ?? ''}`;
}
