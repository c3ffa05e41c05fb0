import { z } from 'zod';
import { SkerryError } from '../../../content/error.ts';

/** How somebody may sign in at this hub: at an identity provider, or with the token of a Kubernetes user. */
export const Way = z.enum(['oidc', 'token']);
export type Way = z.infer<typeof Way>;

/** Nobody is signed in, or no longer; says how to. */
export class SignInNeeded extends SkerryError {
  readonly ways: readonly Way[];
  readonly issuer: string | undefined;

  constructor(
    error: SkerryError,
    { ways, issuer }: { readonly ways: readonly Way[]; readonly issuer?: string | undefined },
  ) {
    const { code, means, remedy, subject, detail } = error;
    super(code, { means, remedy }, { subject, detail, cause: error });
    this.ways = ways;
    this.issuer = issuer;
  }
}
