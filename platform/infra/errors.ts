import { errorTable } from '../../content/error.ts';

export const infraError = errorTable({
  ACCOUNT_INVALID: {
    means: 'The credentials or settings of a cloud account cannot be used.',
    remedy: 'Correct what the details name in the CloudAccount or its Secret.',
    exit: 2,
  },
  CLOUD_UNREACHABLE: {
    means: 'The cloud does not answer.',
    remedy:
      'See whether the address of the CloudAccount is reached from the gateway; it is tried again by itself.',
  },
  CLOUD_CERTIFICATE_CHANGED: {
    means: 'The certificate of the cloud is not one that the account trusts.',
    remedy: "If the change was meant, put the new certificate or its authority into the CloudAccount's ca.",
  },
  CLOUD_ANSWER_INVALID: {
    means: 'The cloud answered something that cannot be read.',
    remedy: 'See whether the address leads to the right service, and to a version that is supported.',
  },
});
