import { createPublicKey } from 'node:crypto';
import { tryJson } from '../../../content/json.ts';
import { Cluster, ClusterSpec, ClusterStatus } from '../../api/cluster.ts';
import { API_VERSION } from '../../api/group.ts';
import { ClusterRevision, ClusterRevisionSpec } from '../../api/revision.ts';
import { HUB_FILE_TYPE, type HubFile } from '../../desired/carry/hub-file.ts';
import { Envelope } from '../../desired/envelope.ts';
import { type HubMessage, Signed } from '../../desired/message.ts';
import { platformError } from '../../errors.ts';
import type { AgentIdentity, ClusterName, EventSink, StatusSink } from '../door/ports.ts';
import { readCarried } from './carried-request.ts';
import type { ExportAnswer } from './export-answer.ts';
import type { CarryOptions } from './take-agent-file.ts';

export interface ExportOptions extends CarryOptions {
  readonly status: Pick<StatusSink, 'lastReport'>;
  readonly events: Pick<EventSink, 'last'>;
  /** A certificate for the key of an accepted agent. */
  readonly renew: (agent: AgentIdentity, csr: string) => Promise<string>;
  /** Signs as the hub. */
  readonly sign: (payloadType: string, bytes: Uint8Array) => Signed;
  /** The time of day. */
  readonly now: () => Date;
}

/**
 * All that the hub has to say to the agent of a cluster, for a stick. Throws CLUSTER_NOT_FOUND, KEY_NOT_ACCEPTED, and
 * what enrolling and the cluster throw.
 */
export async function exportCluster(
  name: ClusterName,
  options: ExportOptions,
  signal: AbortSignal,
): Promise<ExportAnswer> {
  const { client, namespace, desk, sign, now } = options;
  const { spec, status } = await readCluster(name, options, signal);
  const carried = await readCarried(client, { ...name, namespace }, { signal });
  const key = spec.agent?.key;
  const enroll = carried?.enroll === undefined ? undefined : await options.enroll(carried.enroll, 'file');
  if (key === undefined || enroll?.state === 'waiting')
    throw platformError('KEY_NOT_ACCEPTED', { subject: `${name.project}/${name.name}` });
  const agent =
    carried?.key === key ? { ...name, key, publicKey: createPublicKey(carried.publicKey) } : undefined;
  const offers = await desk.offer(name, 0);
  const envelope = envelopeIn(offers);
  const file: HubFile = {
    version: 1,
    at: now().toISOString(),
    project: name.project,
    cluster: name.name,
    id: status.id ?? carried?.enroll?.id,
    key,
    number: envelope?.number ?? 0,
    enroll,
    messages: [...(agent === undefined ? [] : await marksFor(agent, carried?.csr, options)), ...offers],
  };
  return {
    file: sign(HUB_FILE_TYPE, Buffer.from(JSON.stringify(file))),
    number: file.number,
    layers: packsOf(envelope),
    held: packsOf(await heldBy(name, status.applied?.number, options, signal)),
  };
}

async function readCluster({ project, name }: ClusterName, { client }: ExportOptions, signal: AbortSignal) {
  const reference = { apiVersion: API_VERSION, kind: Cluster.kind, metadata: { namespace: project, name } };
  const object = await client.get(reference, { signal });
  if (object === undefined) throw platformError('CLUSTER_NOT_FOUND', { subject: `${project}/${name}` });
  const status = ClusterStatus.partial().safeParse(object.status).data ?? {};
  return { spec: ClusterSpec.parse(object.spec), status };
}

async function marksFor(
  agent: AgentIdentity,
  csr: string | undefined,
  { status, events, renew }: ExportOptions,
): Promise<HubMessage[]> {
  const [report, event] = [await status.lastReport(agent), await events.last(agent)];
  const have: HubMessage = {
    kind: 'have',
    reportNumber: report?.number ?? 0,
    eventNumber: event.number,
  };
  if (csr === undefined) return [have];
  return [have, { kind: 'certificate', certificate: await renew(agent, csr) }];
}

/** The envelope that the cluster has reported as complete last; undefined where the hub has it no more. */
async function heldBy(
  { project, name }: ClusterName,
  number: number | undefined,
  { client }: ExportOptions,
  signal: AbortSignal,
): Promise<Envelope | undefined> {
  if (number === undefined) return undefined;
  const selection = { apiVersion: API_VERSION, kind: ClusterRevision.kind, namespace: project };
  const { items } = await client.list(selection, { signal });
  for (const item of items) {
    const spec = ClusterRevisionSpec.safeParse(item.spec).data;
    if (spec?.cluster === name && spec.number === number)
      return readEnvelope(Signed.safeParse(tryJson(spec.envelope)).data);
  }
  return undefined;
}

function envelopeIn(messages: readonly HubMessage[]): Envelope | undefined {
  for (const message of messages) if (message.kind === 'offer') return readEnvelope(message.envelope);
  return undefined;
}

function readEnvelope(signed: Signed | undefined): Envelope | undefined {
  const text = Buffer.from(signed?.payload ?? '', 'base64').toString('utf8');
  return Envelope.safeParse(tryJson(text)).data;
}

function packsOf(envelope: Envelope | undefined): ExportAnswer['layers'] {
  return (envelope?.layers ?? []).map(({ pack }) => ({ pack }));
}
