import { deviceFlow, hasDeviceFlow } from '../../oidc/device-flow.ts';
import { Issuer, type Tokens } from '../../oidc/issuer.ts';
import { loopbackFlow } from '../../oidc/loopback-flow.ts';

/** As a hub names it. */
interface NamedIssuer {
  readonly issuer: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly ca?: string | undefined;
}

interface Person {
  /** Says something to who is to sign in. */
  readonly say: (line: string) => void;
  /** Whether a browser of this machine is wanted in any case. */
  readonly browser: boolean;
}

/**
 * Has a person sign in: with a code on any device where the identity provider has that, else with a browser on this
 * machine. Throws SIGN_IN_REFUSED and ISSUER_UNREACHABLE.
 */
export async function signInAt(
  { issuer: url, ...named }: NamedIssuer,
  { say, browser }: Person,
  signal: AbortSignal,
): Promise<Tokens> {
  const issuer = new Issuer({ url, ...named }, () => performance.now());
  if (browser || !(await hasDeviceFlow(issuer)))
    return await loopbackFlow(
      issuer,
      (address) => say(`Open this address in a browser here:\n  ${address}`),
      signal,
    );
  return await deviceFlow(
    issuer,
    ({ url: address, code, completeUrl }) =>
      say(
        completeUrl === undefined
          ? `Open this address in any browser, and enter the code ${code}:\n  ${address}`
          : `Open this address in any browser, and see that it shows the code ${code}:\n  ${completeUrl}`,
      ),
    signal,
  );
}
