import { z } from 'zod';
import type { AwsKeys } from '../../platform/infra/provider/aws/signature.ts';
import { type Aws, REGION } from './aws.ts';
import { element, elements } from './xml.ts';

/** Makes an IAM user with keys, that AWS then lets in. */
export async function makeUser(aws: Aws, name: string): Promise<AwsKeys> {
  await aws.query('iam', 'CreateUser', { UserName: name });
  return await makeKeys(aws, name);
}

/** Keys of a user, in place of others where there are some. */
export async function makeKeys(aws: Aws, user: string, before?: AwsKeys): Promise<AwsKeys> {
  if (before !== undefined) {
    await aws.query('iam', 'DeleteAccessKey', { UserName: user, AccessKeyId: before.accessKeyId });
  }
  const made = await aws.query('iam', 'CreateAccessKey', { UserName: user });
  const keys = {
    accessKeyId: element(made, 'AccessKeyId'),
    secretAccessKey: element(made, 'SecretAccessKey'),
  };
  await aws.control({ do: 'admit', keys: [keys] });
  return keys;
}

/** A role that a service, or any principal of the account, may assume; gives its ARN. */
export async function makeRole(aws: Aws, name: string): Promise<string> {
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [] });
  const made = await aws.query('iam', 'CreateRole', { RoleName: name, AssumeRolePolicyDocument });
  return element(made, 'Arn');
}

/** A VPC as a tenant gives it: two private subnets in two zones. */
export async function makeVpc(aws: Aws): Promise<{ vpc: string; subnets: string[] }> {
  const vpc = element(await aws.query('ec2', 'CreateVpc', { CidrBlock: '10.42.0.0/16' }), 'vpcId');
  const subnets: string[] = [];
  for (const [index, zone] of ['a', 'b'].entries()) {
    const made = await aws.query('ec2', 'CreateSubnet', {
      VpcId: vpc,
      CidrBlock: `10.42.${index}.0/24`,
      AvailabilityZone: `${REGION}${zone}`,
    });
    subnets.push(element(made, 'subnetId'));
  }
  return { vpc, subnets };
}

const Clusters = z.object({ clusters: z.array(z.string()) });

/** What costs money or stands in the way in the account: by kind, the names of what is there. */
export async function remains(aws: Aws): Promise<Record<string, string[]>> {
  const groups = await aws.query('autoscaling', 'DescribeAutoScalingGroups', {});
  const running = { 'Filter.1.Name': 'instance-state-name', 'Filter.1.Value.1': 'running' };
  const security = await aws.query('ec2', 'DescribeSecurityGroups', {});
  const names = [...new Set(elements(security, 'groupName'))];
  return {
    clusters: Clusters.parse(JSON.parse(await aws.get('/clusters'))).clusters,
    scalingGroups: elements(groups, 'AutoScalingGroupName'),
    instances: elements(await aws.query('ec2', 'DescribeInstances', running), 'instanceId'),
    securityGroups: names.filter((name) => name !== 'default'),
  };
}
