import { useQuery } from '@tanstack/react-query';
import { HubFetch } from '../../../client/browser/hub-fetch.ts';

const SESSION = ['session'] as const;
const WITHIN_MS = 15_000;

// Here a 401 is the answer, and nothing waits until somebody signs in.
const entry = new HubFetch();
const limit = () => AbortSignal.timeout(WITHIN_MS);

/** Who is signed in, and how. */
export function useSession() {
  return useQuery({
    queryKey: SESSION,
    queryFn: async () => await entry.call('GET /auth/session', { signal: limit() }),
    staleTime: 60_000,
    retry: false,
  });
}

/** Signs in with a token of a Kubernetes user; the hub keeps it, the browser does not. */
export async function signInWithToken(token: string): Promise<void> {
  await entry.call('POST /auth/token', { body: { token }, signal: limit() });
}

/** Ends the session; gives where the identity provider ends its own, where it does. */
export async function signOut(): Promise<string | undefined> {
  return (await entry.call('POST /auth/logout', { signal: limit() })).url;
}

/** Where an identity provider is asked; it leads back to an address of the console. */
export function loginAddress(returnTo: string): string {
  return `/auth/login?${new URLSearchParams({ return: returnTo })}`;
}
