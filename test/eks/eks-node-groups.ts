import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type AwsAnswer, type AwsCall, errorAnswer, jsonAnswer } from './aws-call.ts';
import { EC2 } from './eks-clusters.ts';
import type { Gates } from './gates.ts';
import type { Moto } from './moto.ts';
import type { Workload } from './workload.ts';
import { element, elements } from './xml.ts';

const Scaling = z.looseObject({ minSize: z.int(), maxSize: z.int(), desiredSize: z.int() });
const CreateNodegroup = z.looseObject({
  nodegroupName: z.string(),
  subnets: z.array(z.string()),
  scalingConfig: Scaling,
  instanceTypes: z.array(z.string()).optional(),
  labels: z.record(z.string(), z.string()).optional(),
});
const UpdateConfig = z.looseObject({
  scalingConfig: Scaling.optional(),
  labels: z
    .looseObject({
      addOrUpdateLabels: z.record(z.string(), z.string()).optional(),
      removeLabels: z.array(z.string()).optional(),
    })
    .optional(),
});
/** What is kept and shown as it was said last. */
const Kept = z.object({ updateConfig: z.unknown(), nodeRepairConfig: z.unknown() }).partial();
const Shown = z.looseObject({ nodegroup: z.looseObject({}) });

interface State {
  work: { status: 'CREATING' | 'UPDATING' | 'DELETING'; isOver: () => boolean } | undefined;
  readonly scalingGroup: string;
  version: string;
  next: string | undefined;
  labels: Record<string, string>;
  scaling: z.infer<typeof Scaling>;
  kept: z.infer<typeof Kept>;
}

/** What EKS does with node groups and moto does not: states over time, an Auto Scaling group with instances, nodes. */
export class EksNodeGroups {
  readonly #moto: Moto;
  readonly #gates: Gates;
  readonly #workload: Workload;
  readonly #versionOf: (cluster: string) => string | undefined;
  readonly #states = new Map<string, State>();

  constructor(
    moto: Moto,
    gates: Gates,
    workload: Workload,
    versionOf: (cluster: string) => string | undefined,
  ) {
    this.#moto = moto;
    this.#gates = gates;
    this.#workload = workload;
    this.#versionOf = versionOf;
  }

  /** Undefined for a call that is about something else. */
  async answer(call: AwsCall): Promise<AwsAnswer | undefined> {
    if (call.action === 'CreateNodegroup') return await this.#create(call);
    if (!call.action.endsWith('Nodegroup') && !call.action.startsWith('UpdateNodegroup')) return undefined;
    const [cluster = '', name = ''] = call.names;
    const state = this.#states.get(`${cluster}/${name}`);
    if (state === undefined) {
      const message = `No node group found for name: ${name}.`;
      return errorAnswer(call, 404, 'ResourceNotFoundException', message);
    }
    switch (call.action) {
      case 'DescribeNodegroup':
        return await this.#describe(call, cluster, name, state);
      case 'DeleteNodegroup':
        state.work = { status: 'DELETING', isOver: this.#gates.begin('delete-nodegroup') };
        return shown(await this.#moto.eks('GET', `/clusters/${cluster}/node-groups/${name}`), state);
      case 'UpdateNodegroupConfig':
        return await this.#updateConfig(call, state);
      case 'UpdateNodegroupVersion':
        return this.#updateVersion(call, cluster, state);
      default:
        return undefined;
    }
  }

  /** As in EKS, nodes are never newer than their control plane. */
  #updateVersion(call: AwsCall, cluster: string, state: State): AwsAnswer {
    const { version } = z.looseObject({ version: z.string() }).parse(JSON.parse(call.body));
    const above = this.#versionOf(cluster) ?? version;
    if (minorOf(version) > minorOf(above))
      return errorAnswer(
        call,
        400,
        'InvalidParameterException',
        `The node group's version ${version} is above the cluster's, ${above}.`,
      );
    state.next = version;
    return this.#update(state, 'VersionUpdate');
  }

  async #create(call: AwsCall): Promise<AwsAnswer> {
    const answer = await this.#moto.forward(call);
    if (answer.status !== 200) return answer;
    const asked = CreateNodegroup.parse(JSON.parse(call.body));
    const [cluster = ''] = call.names;
    const scalingGroup = `eks-${asked.nodegroupName}-${randomUUID()}`;
    await this.#moto.query('autoscaling', 'CreateLaunchConfiguration', AUTOSCALING, {
      LaunchConfigurationName: scalingGroup,
      ImageId: 'ami-12c6146b',
      InstanceType: asked.instanceTypes?.[0] ?? 't3.medium',
    });
    await this.#moto.query('autoscaling', 'CreateAutoScalingGroup', AUTOSCALING, {
      AutoScalingGroupName: scalingGroup,
      LaunchConfigurationName: scalingGroup,
      VPCZoneIdentifier: asked.subnets.join(','),
      ...sizes(asked.scalingConfig),
    });
    const state: State = {
      work: { status: 'CREATING', isOver: this.#gates.begin('create-nodegroup') },
      scalingGroup,
      version: this.#versionOf(cluster) ?? '',
      next: undefined,
      labels: asked.labels ?? {},
      scaling: asked.scalingConfig,
      kept: Kept.parse(JSON.parse(call.body)),
    };
    this.#states.set(`${cluster}/${asked.nodegroupName}`, state);
    return shown(answer, state);
  }

  async #describe(call: AwsCall, cluster: string, name: string, state: State): Promise<AwsAnswer> {
    if (state.work?.isOver() === true) {
      const ended = state.work.status;
      state.work = undefined;
      if (ended === 'DELETING') {
        await this.#remove(cluster, name, state);
        return errorAnswer(call, 404, 'ResourceNotFoundException', `No node group found for name: ${name}.`);
      }
      state.version = state.next ?? state.version;
      state.next = undefined;
      await this.#workload.setNodes(state.scalingGroup, await this.#instances(state), {
        ...state.labels,
        'eks.amazonaws.com/nodegroup': name,
      });
    }
    return shown(await this.#moto.forward(call), state);
  }

  async #updateConfig(call: AwsCall, state: State): Promise<AwsAnswer> {
    const { scalingConfig, labels } = UpdateConfig.parse(JSON.parse(call.body));
    for (const label of labels?.removeLabels ?? []) delete state.labels[label];
    Object.assign(state.labels, labels?.addOrUpdateLabels);
    state.scaling = { ...state.scaling, ...scalingConfig };
    state.kept = { ...state.kept, ...Kept.parse(JSON.parse(call.body)) };
    await this.#moto.query('autoscaling', 'UpdateAutoScalingGroup', AUTOSCALING, {
      AutoScalingGroupName: state.scalingGroup,
      ...sizes(state.scaling),
    });
    return this.#update(state, 'ConfigUpdate');
  }

  #update(state: State, type: string): AwsAnswer {
    state.work = { status: 'UPDATING', isOver: this.#gates.begin('update-nodegroup') };
    return jsonAnswer(200, {
      update: { id: randomUUID(), status: 'InProgress', type, params: [], errors: [] },
    });
  }

  async #remove(cluster: string, name: string, { scalingGroup }: State): Promise<void> {
    await this.#workload.setNodes(scalingGroup, [], {});
    await this.#moto.query('autoscaling', 'DeleteAutoScalingGroup', AUTOSCALING, {
      AutoScalingGroupName: scalingGroup,
      ForceDelete: 'true',
    });
    await this.#moto.query('autoscaling', 'DeleteLaunchConfiguration', AUTOSCALING, {
      LaunchConfigurationName: scalingGroup,
    });
    await this.#moto.eks('DELETE', `/clusters/${cluster}/node-groups/${name}`);
    this.#states.delete(`${cluster}/${name}`);
  }

  /** `aws:///ZONE/INSTANCE` of each instance, as the cloud controller of AWS writes it into nodes. */
  async #instances({ scalingGroup }: State): Promise<string[]> {
    const group = await this.#moto.query('autoscaling', 'DescribeAutoScalingGroups', AUTOSCALING, {
      'AutoScalingGroupNames.member.1': scalingGroup,
    });
    const found: string[] = [];
    for (const id of elements(group, 'InstanceId')) {
      const instance = await this.#moto.query('ec2', 'DescribeInstances', EC2, { 'InstanceId.1': id });
      found.push(`aws:///${element(instance, 'availabilityZone')}/${id}`);
    }
    return found;
  }
}

const AUTOSCALING = '2011-01-01';

function sizes({ minSize, maxSize, desiredSize }: z.infer<typeof Scaling>): Record<string, string> {
  return { MinSize: String(minSize), MaxSize: String(maxSize), DesiredCapacity: String(desiredSize) };
}

function shown(answer: AwsAnswer, state: State): AwsAnswer {
  const { nodegroup } = Shown.parse(JSON.parse(answer.body));
  return jsonAnswer(200, {
    nodegroup: {
      ...nodegroup,
      status: state.work?.status ?? 'ACTIVE',
      version: state.version,
      scalingConfig: state.scaling,
      labels: state.labels,
      ...state.kept,
      resources: { autoScalingGroups: [{ name: state.scalingGroup }] },
    },
  });
}

/** `1.35` is 35. */
function minorOf(version: string): number {
  return Number(version.split('.')[1]);
}
