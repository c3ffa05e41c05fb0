import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type AwsAnswer, type AwsCall, errorAnswer, jsonAnswer } from './aws-call.ts';
import type { Gates, Work } from './gates.ts';
import type { Moto } from './moto.ts';
import { element } from './xml.ts';

/** Where clusters really are: one API server stands behind all of them. */
export interface RealServer {
  readonly endpoint: string;
  /** PEM. */
  readonly ca: string;
}

const VpcConfig = z.looseObject({
  subnetIds: z.array(z.string()),
  securityGroupIds: z.array(z.string()).optional(),
  endpointPublicAccess: z.boolean().optional(),
  endpointPrivateAccess: z.boolean().optional(),
  publicAccessCidrs: z.array(z.string()).optional(),
});
const CreateCluster = z.looseObject({
  name: z.string(),
  version: z.string().optional(),
  resourcesVpcConfig: VpcConfig,
  accessConfig: z.looseObject({ authenticationMode: z.string().optional() }).optional(),
});
const UpdateConfig = z.looseObject({
  resourcesVpcConfig: VpcConfig.partial().optional(),
  accessConfig: z.looseObject({ authenticationMode: z.string() }).optional(),
});
const UpdateVersion = z.looseObject({ version: z.string() });
const Held = z.looseObject({ cluster: z.looseObject({}) });

interface State {
  work: { status: 'CREATING' | 'UPDATING' | 'DELETING'; isOver: () => boolean } | undefined;
  vpc: z.infer<typeof VpcConfig>;
  version: string;
  next: string | undefined;
  mode: string;
  readonly creator: string;
  readonly group: string;
  readonly updates: Record<string, unknown>[];
}

/** What EKS does with clusters and moto does not: states over time, an API server, a security group, versions. */
export class EksClusters {
  readonly #moto: Moto;
  readonly #gates: Gates;
  readonly #real: RealServer;
  readonly #states = new Map<string, State>();

  constructor(moto: Moto, gates: Gates, real: RealServer) {
    this.#moto = moto;
    this.#gates = gates;
    this.#real = real;
  }

  /** Undefined for a call that is about something else. */
  async answer(call: AwsCall): Promise<AwsAnswer | undefined> {
    const [name = ''] = call.names;
    const state = this.#states.get(name);
    switch (call.action) {
      case 'DescribeCluster':
        return state === undefined ? this.#missing(call) : await this.#describe(call, name, state);
      case 'DeleteCluster':
        return state === undefined ? this.#missing(call) : await this.#delete(call, name, state);
      case 'UpdateClusterVersion':
        return state === undefined ? this.#missing(call) : this.#updateVersion(call, state);
      case 'UpdateClusterConfig':
        return state === undefined ? this.#missing(call) : this.#updateConfig(call, state);
      case 'ListUpdates':
        return jsonAnswer(200, { updateIds: (state?.updates ?? []).map(({ id }) => id) });
      case 'DescribeUpdate':
        return jsonAnswer(200, { update: state?.updates.find(({ id }) => id === call.names[1]) });
      case 'ListAddons':
        return jsonAnswer(200, { addons: [] });
      case 'ListIdentityProviderConfigs':
        return jsonAnswer(200, { identityProviderConfigs: [] });
      default:
        return undefined;
    }
  }

  /** `creator` is the principal who may use the cluster without an access entry. */
  async create(call: AwsCall, creator: string): Promise<AwsAnswer> {
    const answer = await this.#moto.forward(call);
    if (answer.status !== 200) return answer;
    const asked = CreateCluster.parse(JSON.parse(call.body));
    const [subnet = ''] = asked.resourcesVpcConfig.subnetIds;
    const state: State = {
      work: { status: 'CREATING', isOver: this.#gates.begin('create-cluster') },
      vpc: asked.resourcesVpcConfig,
      version: asked.version ?? '1.34',
      next: undefined,
      mode: asked.accessConfig?.authenticationMode ?? 'CONFIG_MAP',
      creator,
      group: await this.#makeSecurityGroup(asked.name, subnet),
      updates: [],
    };
    this.#states.set(asked.name, state);
    return this.#shown(answer, state);
  }

  /** Whether a token that names this cluster can be meant for the API server. */
  has(name: string): boolean {
    return this.#states.has(name);
  }

  creatorOf(name: string): string | undefined {
    return this.#states.get(name)?.creator;
  }

  versionOf(name: string): string | undefined {
    return this.#states.get(name)?.version;
  }

  async #describe(call: AwsCall, name: string, state: State): Promise<AwsAnswer> {
    if (state.work?.isOver() === true) {
      const ended = state.work.status;
      state.work = undefined;
      if (ended === 'DELETING') {
        await this.#moto.eks('DELETE', `/clusters/${name}`);
        await this.#moto.query('ec2', 'DeleteSecurityGroup', EC2, { GroupId: state.group });
        this.#states.delete(name);
        return this.#missing(call);
      }
      state.version = state.next ?? state.version;
      state.next = undefined;
      for (const update of state.updates) update.status = 'Successful';
    }
    return this.#shown(await this.#moto.forward(call), state);
  }

  async #delete(call: AwsCall, name: string, state: State): Promise<AwsAnswer> {
    const groups = await this.#moto.eks('GET', `/clusters/${name}/node-groups`);
    if (JSON.parse(groups.body).nodegroups.length > 0) {
      return errorAnswer(call, 409, 'ResourceInUseException', 'Cluster has nodegroups attached');
    }
    this.#begin(state, 'DELETING', 'delete-cluster');
    return this.#shown(await this.#moto.eks('GET', `/clusters/${name}`), state);
  }

  #updateVersion(call: AwsCall, state: State): AwsAnswer {
    const { version } = UpdateVersion.parse(JSON.parse(call.body));
    if (minor(version) !== minor(state.version) + 1) {
      return errorAnswer(
        call,
        400,
        'InvalidParameterException',
        `no way from ${state.version} to ${version}`,
      );
    }
    state.next = version;
    return this.#update(state, 'VersionUpdate');
  }

  #updateConfig(call: AwsCall, state: State): AwsAnswer {
    const { resourcesVpcConfig, accessConfig } = UpdateConfig.parse(JSON.parse(call.body));
    state.vpc = { ...state.vpc, ...resourcesVpcConfig, subnetIds: state.vpc.subnetIds };
    state.mode = accessConfig?.authenticationMode ?? state.mode;
    return this.#update(state, 'EndpointAccessUpdate');
  }

  #update(state: State, type: string): AwsAnswer {
    const update = { id: randomUUID(), status: 'InProgress', type, params: [], errors: [] };
    state.updates.push(update);
    this.#begin(state, 'UPDATING', 'update-cluster');
    return jsonAnswer(200, { update });
  }

  #begin(state: State, status: 'UPDATING' | 'DELETING', work: Work): void {
    state.work = { status, isOver: this.#gates.begin(work) };
  }

  #shown(answer: AwsAnswer, state: State): AwsAnswer {
    const { cluster } = Held.parse(JSON.parse(answer.body));
    const { endpoint: _, certificateAuthority: __, ...kept } = cluster;
    const isMade = state.work?.status !== 'CREATING';
    const data = Buffer.from(this.#real.ca).toString('base64');
    return jsonAnswer(200, {
      cluster: {
        ...kept,
        status: state.work?.status ?? 'ACTIVE',
        version: state.version,
        accessConfig: { authenticationMode: state.mode },
        resourcesVpcConfig: {
          endpointPublicAccess: true,
          endpointPrivateAccess: false,
          ...state.vpc,
          clusterSecurityGroupId: state.group,
        },
        ...(isMade ? { endpoint: this.#real.endpoint, certificateAuthority: { data } } : {}),
      },
    });
  }

  /** EKS makes one with each cluster; controllers find it by its tag. */
  async #makeSecurityGroup(cluster: string, subnet: string): Promise<string> {
    const subnets = await this.#moto.query('ec2', 'DescribeSubnets', EC2, { 'SubnetId.1': subnet });
    const made = await this.#moto.query('ec2', 'CreateSecurityGroup', EC2, {
      GroupName: `eks-cluster-sg-${cluster}`,
      GroupDescription: 'Made by EKS for its cluster.',
      VpcId: element(subnets, 'vpcId'),
      'TagSpecification.1.ResourceType': 'security-group',
      'TagSpecification.1.Tag.1.Key': 'aws:eks:cluster-name',
      'TagSpecification.1.Tag.1.Value': cluster,
    });
    return element(made, 'groupId');
  }

  #missing(call: AwsCall): AwsAnswer {
    return errorAnswer(
      call,
      404,
      'ResourceNotFoundException',
      `No cluster found for name: ${call.names[0]}.`,
    );
  }
}

export const EC2 = '2016-11-15';

function minor(version: string): number {
  return Number(version.split('.')[1]);
}
