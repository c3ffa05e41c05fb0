import type { AwsAccount } from './aws-account.ts';
import { type AwsApi, neededText } from './aws-api.ts';
import type { AwsKeys } from './signature.ts';

/** A role's keys are renewed so long before they end. */
const RESERVE_MS = 5 * 60_000;

/** The keys that work is done with: the account's own, or those of the role that it assumes. */
export class AwsSession {
  readonly #api: AwsApi;
  readonly #account: AwsAccount;
  readonly #now: () => Date;
  #role: { keys: AwsKeys; until: number } | undefined;

  constructor(api: AwsApi, account: AwsAccount, now: () => Date) {
    this.#api = api;
    this.#account = account;
    this.#now = now;
  }

  /** Throws CREDENTIALS_REFUSED, or CLOUD_PERMISSION_MISSING where the role may not be assumed. */
  async keys(signal: AbortSignal): Promise<AwsKeys> {
    const { role, keys } = this.#account;
    if (role === undefined) return keys;
    if (this.#role !== undefined && this.#role.until - RESERVE_MS > this.#now().getTime())
      return this.#role.keys;
    const said = await this.#api.query(
      'sts',
      'AssumeRole',
      {
        RoleArn: role.arn,
        RoleSessionName: 'skerry',
        ...(role.externalId === undefined ? {} : { ExternalId: role.externalId }),
      },
      keys,
      signal,
    );
    const assumed = {
      accessKeyId: neededText(said, 'AccessKeyId'),
      secretAccessKey: neededText(said, 'SecretAccessKey'),
      sessionToken: neededText(said, 'SessionToken'),
    };
    this.#role = { keys: assumed, until: Date.parse(neededText(said, 'Expiration')) };
    return assumed;
  }
}
