import { initiateDeviceAuthorization, pollDeviceAuthorizationGrant } from 'openid-client';
import { tokensOf } from './code-flow.ts';
import type { Issuer, Tokens } from './issuer.ts';

/** What somebody is asked to do, with any browser, on this machine or another one. */
export interface DeviceRequest {
  readonly url: string;
  readonly code: string;
  /** The address with the code in it, where the issuer has such. */
  readonly completeUrl: string | undefined;
}

/** Whether an issuer lets devices without a browser sign in. Throws ISSUER_UNREACHABLE. */
export async function hasDeviceFlow(issuer: Issuer): Promise<boolean> {
  return (await issuer.configuration()).serverMetadata().device_authorization_endpoint !== undefined;
}

/** Device authorization grant (RFC 8628): waits until `ask` was followed. Throws SIGN_IN_REFUSED and ISSUER_UNREACHABLE. */
export async function deviceFlow(
  issuer: Issuer,
  ask: (request: DeviceRequest) => void,
  signal: AbortSignal,
): Promise<Tokens> {
  const begun = await issuer.ask(
    async (configuration) =>
      await initiateDeviceAuthorization(configuration, { scope: issuer.setting.scopes.join(' ') }),
  );
  ask({ url: begun.verification_uri, code: begun.user_code, completeUrl: begun.verification_uri_complete });
  const limit = AbortSignal.any([signal, AbortSignal.timeout(begun.expires_in * 1_000)]);
  try {
    const tokens = await issuer.ask(
      async (configuration) =>
        await pollDeviceAuthorizationGrant(configuration, begun, undefined, { signal: limit }),
    );
    return tokensOf(issuer, tokens, undefined);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
