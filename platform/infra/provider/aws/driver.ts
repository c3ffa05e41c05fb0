import { z } from 'zod';
import type { CloudDriver } from '../provider.ts';
import { AwsProvider } from './aws-provider.ts';

const Placement = z.looseObject({
  vpc: z.string().regex(/^vpc-[0-9a-z]+$/),
  subnets: z.array(z.string().regex(/^subnet-[0-9a-z]+$/)).min(2),
  clusterRole: z.string().regex(/^[\w+=,.@-]{1,64}$/),
  nodeRole: z.string().regex(/^[\w+=,.@-]{1,64}$/),
});

/** Accounts of AWS, where clusters are EKS's. */
export const awsDriver: CloudDriver = {
  type: 'aws',
  open: (input) => new AwsProvider(input),
  checkPlacement: (placement) => {
    const issues = Placement.safeParse(placement).error?.issues ?? [];
    return issues.map(({ path, message }) => ({ path: path.join('.'), detail: message }));
  },
};
