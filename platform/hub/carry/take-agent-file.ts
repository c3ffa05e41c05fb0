import { z } from 'zod';
import type { KubeClient } from '../../../apply/client/client.ts';
import { type OpenedAgentFile, openAgentFile } from '../../desired/carry/agent-file.ts';
import type { EnrollAnswer, EnrollRequest, HubMessage } from '../../desired/message.ts';
import { platformError } from '../../errors.ts';
import { readCsrOf } from '../authority/csr.ts';
import type { Desk } from '../door/desk.ts';
import type { AgentIdentity, ClusterName, FleetView } from '../door/ports.ts';
import { enrollmentReference, StoredEnrollment } from '../enroll/stored.ts';
import { readToken } from '../enroll/token.ts';
import { writeCarried } from './carried-request.ts';

export interface CarryOptions {
  readonly client: Pick<KubeClient, 'get' | 'list' | 'create' | 'replace'>;
  /** The hub's own. */
  readonly namespace: string;
  readonly desk: Pick<Desk, 'handle' | 'offer'>;
  readonly fleet: Pick<FleetView, 'cluster'>;
  /** As the agents' door does it. */
  readonly enroll: (request: EnrollRequest, from: string) => Promise<EnrollAnswer>;
}

/** What became of a report file. */
export const TakenFile = z.object({
  project: z.string(),
  cluster: z.string(),
  /** Of enrolling, where the file asks for it. */
  enroll: z.enum(['waiting', 'accepted']).optional(),
  /** Up to which numbers the hub has everything now. */
  reportNumber: z.int(),
  eventNumber: z.int(),
  /** What was not taken, and why. */
  refused: z.array(z.object({ code: z.string(), detail: z.string() })),
});
export type TakenFile = z.infer<typeof TakenFile>;

/**
 * Takes the file of an agent of this project: its messages go the way that those of the wire go, by number, so that a file that comes
 * twice or late does no harm. Throws AGENT_FILE_INVALID, AGENT_FILE_FORGED, AGENT_FILE_FOREIGN and what enrolling throws.
 */
export async function takeAgentFile(
  body: unknown,
  project: string,
  options: CarryOptions,
  signal: AbortSignal,
): Promise<TakenFile> {
  const opened = openAgentFile(body);
  const { cluster, enroll } = opened.file;
  const own = projectOf(opened.file);
  if (own !== undefined && own !== project)
    throw platformError('AGENT_FILE_FOREIGN', {
      subject: `project ${project}`,
      detail: 'it is for another project',
    });
  if (cluster !== undefined) return await takeMessages(opened, cluster, options, signal);
  if (enroll !== undefined) return await takeRequest(opened, enroll, options, signal);
  throw platformError('AGENT_FILE_INVALID', { subject: 'report file', detail: 'it says nothing' });
}

/** The project that an agent belongs to or asks to join; undefined where its file doesn't say it. */
export function projectOf({ cluster, enroll }: OpenedAgentFile['file']): string | undefined {
  return cluster?.project ?? readToken(enroll?.token ?? '')?.project;
}

async function takeMessages(
  { file, key, publicKey }: OpenedAgentFile,
  { project, name, id }: ClusterName & { readonly id: string },
  { client, namespace, desk, fleet }: CarryOptions,
  signal: AbortSignal,
): Promise<TakenFile> {
  const member = fleet.cluster({ project, name });
  if (member?.key !== key || (member.id !== undefined && member.id !== id))
    throw platformError('AGENT_FILE_FOREIGN', { subject: `${project}/${name}`, detail: `its key is ${key}` });
  const agent: AgentIdentity = { project, name, key, publicKey };
  const csr = file.messages.flatMap((message) => (message.kind === 'renew' ? [message.csr] : [])).at(-1);
  if (csr !== undefined) await readCsrOf({ key }, csr);
  await writeCarried(
    client,
    { project, name, namespace },
    { key, publicKey: file.publicKey, csr },
    { signal },
  );
  const answers: HubMessage[] = [];
  for (const message of file.messages) {
    signal.throwIfAborted();
    // How old the news is, the report says; the answer to a request goes onto the next stick.
    if (message.kind === 'hello' || message.kind === 'renew') continue;
    answers.push(...(await desk.handle(agent, message, 'file')));
  }
  return { project, cluster: name, ...summary(answers) };
}

async function takeRequest(
  { file, key }: OpenedAgentFile,
  request: EnrollRequest,
  { client, namespace, enroll }: CarryOptions,
  signal: AbortSignal,
): Promise<TakenFile> {
  await readCsrOf({ key }, request.csr);
  const token = readToken(request.token ?? '');
  if (token === undefined) throw platformError('TOKEN_UNKNOWN', { subject: 'token' });
  // First what the door checks: nobody learns which clusters there are without a token.
  const answer = await enroll(request, 'file');
  const stored = await client.get(enrollmentReference(token.project, token.enrollment), { signal });
  const { spec } = StoredEnrollment.parse(stored);
  const cluster = { project: token.project, name: spec.cluster };
  await writeCarried(
    client,
    { ...cluster, namespace },
    { key, publicKey: file.publicKey, enroll: request },
    { signal },
  );
  return { project: cluster.project, cluster: cluster.name, enroll: answer.state, ...summary([]) };
}

function summary(
  answers: readonly HubMessage[],
): Pick<TakenFile, 'reportNumber' | 'eventNumber' | 'refused'> {
  const refused = answers.flatMap((answer) =>
    answer.kind === 'refused' ? [{ code: answer.code, detail: answer.detail }] : [],
  );
  const have = answers.flatMap((answer) => (answer.kind === 'have' ? [answer] : [])).at(-1);
  return { refused, reportNumber: have?.reportNumber ?? 0, eventNumber: have?.eventNumber ?? 0 };
}
