import type { CloudDriver } from '../provider.ts';
import { AwsProvider } from './aws-provider.ts';
import { checkPlacement } from './placement.ts';

/** Accounts of AWS, where clusters are EKS's. */
export const awsDriver: CloudDriver = {
  type: 'aws',
  open: (input) => new AwsProvider(input),
  checkPlacement,
};
