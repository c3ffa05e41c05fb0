import type { Report } from '../finding.ts';
import type { MadeCluster, NamedAccount, NamedGateway } from './made-cluster.ts';

export interface AccountSources {
  readonly accountOf: (project: string, name: string) => NamedAccount | undefined;
  readonly gatewayOf: (project: string, name: string) => NamedGateway | undefined;
  /** Whether the cluster of a gateway has an agent. */
  readonly isEnrolled: (gateway: NamedGateway) => boolean;
}

/** The account and the gateway that make a cluster; what is wrong with them is reported. */
export function findAccount(
  { project, provision }: Pick<MadeCluster, 'project' | 'provision'>,
  { accountOf, gatewayOf, isEnrolled }: AccountSources,
  report: Report,
): { readonly account: NamedAccount; readonly gateway: NamedGateway } | undefined {
  const owner = provision.accountProject ?? project;
  const path = 'spec.provision.account';
  const account = accountOf(owner, provision.account);
  // One that may not be used is told apart from none to nobody else's project.
  const isShared = owner === project || account?.spec.usableBy?.includes(project) === true;
  if (account === undefined && owner === project)
    return report('ACCOUNT_UNKNOWN', path, `${owner}/${provision.account}`);
  if (account === undefined || !isShared)
    return report('ACCOUNT_NOT_SHARED', path, `${owner}/${provision.account} with project ${project}`);
  if (account.isLeaving) report('ACCOUNT_UNKNOWN', path, `${owner}/${account.name} is being deleted`);
  const { gateway: name } = account.spec;
  if (name === undefined)
    return report('GATEWAY_UNKNOWN', path, `account ${owner}/${account.name} names no gateway`);
  const gateway = gatewayOf(owner, name);
  if (gateway === undefined) return report('GATEWAY_UNKNOWN', path, `gateway ${owner}/${name}`);
  if (owner !== project && gateway.spec.usableBy?.includes(project) === false)
    return report('ACCOUNT_NOT_SHARED', path, `gateway ${owner}/${name} with project ${project}`);
  if (!isEnrolled(gateway))
    report('GATEWAY_NOT_ENROLLED', path, `cluster ${owner}/${gateway.spec.cluster} of gateway ${name}`);
  return { account, gateway };
}
