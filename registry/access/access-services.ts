import type { Audit } from '../audit/audit.ts';
import type { Access } from './access.ts';
import type { ThrottledLogins } from './throttled-logins.ts';

/** What it takes to decide about requests and to give out tokens. */
export interface AccessServices {
  readonly access: Access;
  /** Where clients find the registry, when that is not what they write into Host. */
  readonly externalUrl: string | undefined;
  /** Where logins are recorded. */
  readonly audit: Audit;
  /** Logins that were refused without a look at them. */
  readonly throttled: ThrottledLogins;
}
