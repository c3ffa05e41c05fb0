import { AsyncLocalStorage } from 'node:async_hooks';
import type { ApiRequest, Transport } from '../../../apply/client/transport.ts';
import { GROUP } from '../../api/group.ts';
import type { User } from '../kubernetes.ts';

const acting = new AsyncLocalStorage<User>();

/** Does something in the name of a user: what it writes through `impersonating` is theirs. */
export async function inNameOf<T>(user: User, work: () => Promise<T>): Promise<T> {
  return await acting.run(user, work);
}

/**
 * A transport whose writes of the platform's own kinds are those of the user in whose name they are done (Kubernetes,
 * "User impersonation"): the API server's audit names them, and its admission sees them. Projects and their members the
 * hub makes as itself, since no user may make namespaces.
 */
export function impersonating(transport: Transport): Transport {
  return { ...transport, send: async (request) => await transport.send(asActing(request)) };
}

function asActing(request: ApiRequest): ApiRequest {
  const user = acting.getStore();
  const isWrite = request.method !== 'GET' && request.method !== 'HEAD';
  if (user === undefined || !isWrite || !request.path.startsWith(`/apis/${GROUP}/`)) return request;
  // Who authenticated is in this group already; naming it is not allowed to everybody who may impersonate.
  const groups = (user.groups ?? []).filter((group) => group !== 'system:authenticated');
  return {
    ...request,
    headers: {
      ...request.headers,
      'impersonate-user': user.username,
      ...(groups.length === 0 ? {} : { 'impersonate-group': groups }),
    },
  };
}
