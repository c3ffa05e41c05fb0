import { z } from 'zod';
import { infraError } from '../../errors.ts';
import type { MachineMark } from '../machine.ts';
import { isMarkOf, keyOf, markIn, TAG } from './mark.ts';
import { Server } from './server.ts';
import type { Services } from './services.ts';

export interface ServerView {
  /** Those with the machine's mark: one, but for what several makers or people left. */
  readonly servers: readonly Server[];
  /** A server that stands where the machine's should: by our tag, or by its name, without our mark. */
  readonly stranger: Server | undefined;
}

/** The servers of a machine. By tag first; where that finds none, by name, since people can take tags off. */
export async function lookAtServers(
  services: Services,
  mark: MachineMark,
  signal: AbortSignal,
): Promise<ServerView> {
  const tagged = view(mark, await listServers(services, { tags: keyOf(mark) }, signal));
  if (tagged.servers.length > 0 || tagged.stranger !== undefined) return tagged;
  // Nova takes the name for a regular expression, and some databases ignore case.
  const named = await listServers(services, { name: `^${literally(mark.machine)}$` }, signal);
  return view(
    mark,
    named.filter(({ name }) => name === mark.machine),
  );
}

export async function listOwnedServers(services: Services, signal: AbortSignal): Promise<Server[]> {
  return (await listServers(services, { tags: TAG }, signal)).filter(
    ({ metadata }) => markIn(metadata) !== undefined,
  );
}

async function listServers(
  services: Services,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Server[]> {
  const found = await services.list(
    'compute',
    Server,
    { path: '/servers/detail', plural: 'servers', query },
    signal,
  );
  return found.filter(({ status }) => status !== 'DELETED');
}

export async function readServer(
  services: Services,
  id: string,
  signal: AbortSignal,
): Promise<Server | undefined> {
  const request = { method: 'GET', path: `/servers/${id}`, accept: [404] } as const;
  const answer = await services.call('compute', request, signal);
  if (answer.status === 404) return undefined;
  const read = z.object({ server: Server }).safeParse(answer.body);
  if (read.success) return read.data.server.status === 'DELETED' ? undefined : read.data.server;
  throw infraError('CLOUD_ANSWER_INVALID', { subject: `server ${id}`, detail: z.prettifyError(read.error) });
}

/** Starts an action. One that does not fit the state (409) was begun by somebody else, or is no longer needed. */
export async function actOn(
  services: Services,
  { id }: Server,
  action: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<void> {
  const request = {
    method: 'POST',
    path: `/servers/${id}/action`,
    body: action,
    accept: [404, 409],
  } as const;
  await services.call('compute', request, signal);
}

export async function deleteServer(services: Services, server: Server, signal: AbortSignal): Promise<void> {
  // Clouds that keep deleted servers for a while keep their ports and quota as well.
  if (server.status === 'SOFT_DELETED') return await actOn(services, server, { forceDelete: null }, signal);
  await services.call('compute', { method: 'DELETE', path: `/servers/${server.id}`, accept: [404] }, signal);
}

function view(mark: MachineMark, found: readonly Server[]): ServerView {
  const servers = found.filter(({ metadata }) => isMarkOf(mark, markIn(metadata)));
  const stranger = servers.length > 0 ? undefined : found[0];
  return { servers, stranger };
}

function literally(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
