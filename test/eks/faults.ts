import { z } from 'zod';
import { type AwsAnswer, type AwsCall, errorAnswer } from './aws-call.ts';

/** An error that AWS is to give, so many times, to every call of an action. */
export const Fault = z.strictObject({
  action: z.string(),
  code: z.string(),
  status: z.int(),
  times: z.int().min(1).optional(),
});
export type Fault = z.infer<typeof Fault>;

/** Which keys hold, and with which secret: none of the others is let in. */
export const Keys = z.array(
  z.strictObject({
    accessKeyId: z.string(),
    secretAccessKey: z.string(),
    /** Refused with this code, as for keys that were revoked or have ended. */
    refusal: z.enum(['InvalidClientTokenId', 'ExpiredToken', 'AccessDenied']).optional(),
  }),
);
export type Keys = z.infer<typeof Keys>;

export class Faults {
  #faults: { fault: Fault; left: number }[] = [];
  readonly #keys = new Map<string, Keys[number]>();

  set(faults: readonly Fault[]): void {
    this.#faults = faults.map((fault) => ({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }));
  }

  admit(keys: Keys): void {
    for (const key of keys) this.#keys.set(key.accessKeyId, key);
  }

  secretOf(accessKeyId: string): string | undefined {
    const key = this.#keys.get(accessKeyId);
    return key?.refusal === undefined ? key?.secretAccessKey : undefined;
  }

  /** The answer that stands in for the service's own, if there is one. */
  answer(call: AwsCall): AwsAnswer | undefined {
    const key = this.#keys.get(call.accessKeyId);
    const refusal = key === undefined ? 'InvalidClientTokenId' : key.refusal;
    if (refusal !== undefined) return refuse(call, refusal);
    const found = this.#faults.find(({ fault, left }) => left > 0 && fault.action === call.action);
    if (found === undefined) return undefined;
    found.left--;
    return errorAnswer(call, found.fault.status, found.fault.code, `${found.fault.code} by a test`);
  }
}

/** The same refusal has other names in services that speak JSON, and in EC2. */
function refuse(call: AwsCall, refusal: NonNullable<Keys[number]['refusal']>): AwsAnswer {
  const names = {
    eks: {
      InvalidClientTokenId: 'UnrecognizedClientException',
      ExpiredToken: 'ExpiredTokenException',
      AccessDenied: 'AccessDeniedException',
    },
    ec2: {
      InvalidClientTokenId: 'AuthFailure',
      ExpiredToken: 'RequestExpired',
      AccessDenied: 'UnauthorizedOperation',
    },
  };
  const of = call.service === 'eks' || call.service === 'ec2' ? names[call.service] : undefined;
  return errorAnswer(call, 403, of?.[refusal] ?? refusal, 'The security token included is not good.');
}
