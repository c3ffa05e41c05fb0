import { z } from 'zod';
import { isSkerryError } from '../../../../content/error.ts';
import type { MachineShape } from '../../api/skerry-machine.ts';
import { infraError } from '../../errors.ts';
import type { ObservedMachine, OwnedMachine } from '../machine.ts';
import type { CloudProvider, Finding, ProviderInput, Verification } from '../provider.ts';
import { awsAccount } from './aws-account.ts';
import { AwsApi, neededText, textsOf } from './aws-api.ts';
import { AwsSession } from './aws-session.ts';
import type { AwsKeys } from './signature.ts';

const Placement = z.looseObject({
  vpc: z.string().optional(),
  subnets: z.array(z.string()).optional(),
  clusterRole: z.string().optional(),
  nodeRole: z.string().optional(),
});

/**
 * An account of AWS as far as it is checked. Clusters in it are made by Cluster API's provider for AWS: machines are
 * EKS's own, so there is nothing to observe and to act on.
 */
export class AwsProvider implements CloudProvider {
  readonly #api: AwsApi;
  readonly #session: AwsSession;

  constructor(input: ProviderInput) {
    const account = awsAccount(input);
    const { ca, requestsPerSecond } = input.account;
    this.#api = new AwsApi(account, { now: input.now, ca, requestsPerSecond });
    this.#session = new AwsSession(this.#api, account, input.now);
  }

  async verify(signal: AbortSignal): Promise<Verification> {
    const keys = await this.#session.keys(signal);
    neededText(await this.#api.query('sts', 'GetCallerIdentity', {}, keys, signal), 'Arn');
    const findings = [
      await this.#permission(async () => await this.#api.eks('ListClusters', '/clusters', keys, signal)),
      await this.#permission(async () => await this.#api.query('ec2', 'DescribeSubnets', ONE, keys, signal)),
    ];
    return { findings: findings.filter((one) => one !== undefined), capabilities: ['eks'], sessions: 1 };
  }

  /** Whether the networks of these shapes are there, in two zones at least, and the roles that EKS and its nodes take. */
  async preflight(
    shapes: readonly { shape: MachineShape; count: number }[],
    signal: AbortSignal,
  ): Promise<readonly Finding[]> {
    const keys = await this.#session.keys(signal);
    const places = shapes.map(({ shape }) => Placement.parse(shape.placement ?? {}));
    const roles = places.flatMap(({ clusterRole = [], nodeRole = [] }) => [clusterRole, nodeRole].flat());
    const findings = [];
    for (const role of new Set(roles)) findings.push(...(await this.#role(role, keys, signal)));
    return [...(await this.#networks(places, keys, signal)), ...findings];
  }

  async #networks(
    places: readonly z.infer<typeof Placement>[],
    keys: AwsKeys,
    signal: AbortSignal,
  ): Promise<readonly Finding[]> {
    const wanted = [...new Set(places.flatMap(({ subnets }) => subnets ?? []))];
    if (wanted.length === 0) return [];
    const filters = wanted.map((id, index) => [`Filter.1.Value.${index + 1}`, id] as const);
    const said = await this.#api.query(
      'ec2',
      'DescribeSubnets',
      { 'Filter.1.Name': 'subnet-id', ...Object.fromEntries(filters) },
      keys,
      signal,
    );
    return networkFindings(wanted, places[0]?.vpc, said);
  }

  async #role(name: string, keys: AwsKeys, signal: AbortSignal): Promise<readonly Finding[]> {
    try {
      const missing = await this.#permission(
        async () => await this.#api.query('iam', 'GetRole', { RoleName: name }, keys, signal),
      );
      return missing === undefined ? [] : [missing];
    } catch (error) {
      if (!isSkerryError(error, 'CLOUD_REQUEST_FAILED') || !error.detail?.startsWith('NoSuchEntity'))
        throw error;
      const detail = 'is not in this account';
      return [{ code: 'PLACEMENT_UNKNOWN', severity: 'error', subject: `role ${name}`, detail }];
    }
  }

  async observe(): Promise<ObservedMachine> {
    return { state: 'absent' };
  }

  async act(): Promise<void> {
    const detail = 'machines of EKS are made by EKS';
    throw infraError('ACCOUNT_INVALID', { subject: 'type aws', detail });
  }

  async listOwned(): Promise<readonly OwnedMachine[]> {
    return [];
  }

  async console(): Promise<undefined> {
    return undefined;
  }

  async close(): Promise<void> {
    await this.#api.close();
  }

  /** A right that is missing is a finding; anything else says nothing of rights. */
  async #permission(ask: () => Promise<unknown>): Promise<Finding | undefined> {
    try {
      await ask();
      return undefined;
    } catch (error) {
      if (!isSkerryError(error) || error.code !== 'CLOUD_PERMISSION_MISSING') throw error;
      return { code: error.code, severity: 'error', subject: error.subject, detail: error.detail };
    }
  }
}

/** The smallest answer that shows the right to ask. */
const ONE = { MaxResults: '5' };

/** What is wrong with subnets, of which EC2 said this: each of its items has one of each of these elements. */
export function networkFindings(wanted: readonly string[], vpc: string | undefined, said: string): Finding[] {
  const ids = textsOf(said, 'subnetId');
  const vpcs = textsOf(said, 'vpcId');
  const zones = new Set(textsOf(said, 'availabilityZone'));
  const unknown = (subject: string, detail: string): Finding => ({
    code: 'NETWORK_UNKNOWN',
    severity: 'error',
    subject,
    detail,
  });
  const findings = wanted
    .filter((id) => !ids.includes(id))
    .map((id) => unknown(`subnet ${id}`, 'is not in this account and region'));
  for (const [index, id] of ids.entries()) {
    if (vpc !== undefined && vpcs[index] !== vpc) findings.push(unknown(`subnet ${id}`, `is not in ${vpc}`));
  }
  if (findings.length === 0 && zones.size < 2) {
    findings.push(unknown(wanted.join(', '), 'EKS needs subnets in two availability zones'));
  }
  return findings;
}
