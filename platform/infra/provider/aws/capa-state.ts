import { z } from 'zod';
import { type AwsErrorCode, awsErrorCode } from './aws-error.ts';

const Condition = z.looseObject({
  type: z.string(),
  status: z.string(),
  severity: z.string().optional(),
  message: z.string().optional(),
});
const Object_ = z.looseObject({
  status: z
    .looseObject({ failureMessage: z.string().optional(), conditions: z.array(Condition).optional() })
    .optional(),
});

/** What keeps an object of the provider for AWS from being as it is wanted. */
export interface CapaTrouble {
  readonly code: AwsErrorCode;
  readonly detail: string;
}

const MAX_DETAIL = 500;

/**
 * Reads it from the conditions of an AWSManagedControlPlane or AWSManagedMachinePool: they hold what AWS's SDK said.
 * Undefined where nothing is wrong, or where the object only waits.
 */
export function capaTrouble(object: unknown): CapaTrouble | undefined {
  const { status } = Object_.parse(object);
  const failed = (status?.conditions ?? []).filter(
    ({ status, severity, message = '' }) => status !== 'True' && severity !== 'Info' && message !== '',
  );
  // The summary repeats what another condition says.
  const told = failed.find(({ type }) => type !== 'Ready') ?? failed[0];
  const message = told?.message ?? status?.failureMessage;
  if (message === undefined) return undefined;
  return { code: awsErrorCode(errorName(message)), detail: shortened(message) };
}

/** The SDK for Go writes `api error NAME: words`, and for errors of the service's model `NAME: words`. */
function errorName(message: string): string {
  const named = /api error (\w+)/.exec(message) ?? /\b([A-Z]\w+(?:Exception|Exceeded|Token))\b/.exec(message);
  return named?.[1] ?? '';
}

/** Without what is another each time: a detail that changes is a report that is sent. */
function shortened(message: string): string {
  const still = message.replace(/,? ?(RequestID|https response error StatusCode|HostID): ?[\w-]*/g, '');
  return still.slice(0, MAX_DETAIL);
}
