import type { Finding, Verification } from '../provider.ts';
import { propertiesOf } from './properties.ts';
import type { VsphereSession } from './session.ts';
import { type Reference, reference, VsphereFault, value } from './soap.ts';
import { childrenOf, type Element, textOf } from './xml.ts';

/** The rights without which a machine can't be made, kept or taken away. */
const PRIVILEGES = [
  'Datastore.AllocateSpace',
  'Network.Assign',
  'Resource.AssignVMToPool',
  'VirtualMachine.Config.AddNewDisk',
  'VirtualMachine.Config.AdvancedConfig',
  'VirtualMachine.Config.CPUCount',
  'VirtualMachine.Config.DiskExtend',
  'VirtualMachine.Config.EditDevice',
  'VirtualMachine.Config.Memory',
  'VirtualMachine.Config.Settings',
  'VirtualMachine.Interact.PowerOff',
  'VirtualMachine.Interact.PowerOn',
  'VirtualMachine.Inventory.CreateFromExisting',
  'VirtualMachine.Inventory.Delete',
  'VirtualMachine.Provisioning.DeployTemplate',
] as const;

/** Certificates and tokens of new nodes fail where the clocks of hypervisor and gateway differ by more. */
const MAX_CLOCK_MS = 60_000;

/** Whether the account's session holds, and which rights it lacks anywhere it is looked for. */
export async function verifyAccount(session: VsphereSession, signal: AbortSignal): Promise<Verification> {
  const content = await session.content(signal);
  const findings: Finding[] = [...(await lacking(session, signal)), ...(await clockApart(session, signal))];
  return {
    findings,
    capabilities: ['static-addresses', 'failure-domains', 'console-log', `vsphere-${content.version}`],
    sessions: session.isOpen ? 1 : 0,
  };
}

async function lacking(session: VsphereSession, signal: AbortSignal): Promise<Finding[]> {
  const { authorizationManager, sessionManager, rootFolder } = await session.content(signal);
  const current = await propertiesOf(session, sessionManager, ['currentSession'], signal);
  const key = textOf(current.get('currentSession'), 'key');
  if (authorizationManager === undefined || key === undefined) return [];
  const answer = await asked(session, authorizationManager, rootFolder, key, signal);
  const held = childrenOf(answer, 'returnval').map(({ text }) => text === 'true');
  // On the root: an account with rights further down only is told, not refused.
  return PRIVILEGES.filter((_, index) => held[index] === false).map((privilege) => ({
    code: 'CLOUD_PERMISSION_MISSING',
    severity: 'warning' as const,
    subject: privilege,
    detail: 'not held on the root folder',
  }));
}

/** Undefined where a server does not say. */
async function asked(
  session: VsphereSession,
  manager: Reference,
  entity: Reference,
  key: string,
  signal: AbortSignal,
): Promise<Element | undefined> {
  const privileges = PRIVILEGES.map((id) => value('privId', id)).join('');
  const given = reference('entity', entity) + value('sessionId', key) + privileges;
  try {
    return await session.call('HasPrivilegeOnEntity', manager, given, signal);
  } catch (error) {
    if (error instanceof VsphereFault) return undefined;
    throw error;
  }
}

async function clockApart(session: VsphereSession, signal: AbortSignal): Promise<Finding[]> {
  const answer = await session.call(
    'CurrentTime',
    { type: 'ServiceInstance', value: 'ServiceInstance' },
    '',
    signal,
  );
  const time = Date.parse(textOf(answer, 'returnval') ?? '');
  const apartMs = Math.abs(time - session.now().getTime());
  if (!(apartMs > MAX_CLOCK_MS)) return [];
  const detail = `${Math.round(apartMs / 1000)} s apart from the gateway's`;
  return [{ code: 'CLOCK_APART', severity: 'warning', subject: 'clock', detail }];
}
