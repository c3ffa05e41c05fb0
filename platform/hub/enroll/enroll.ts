import type { KeyObject } from 'node:crypto';
import type { KubeClient } from '../../../apply/client/client.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { encode } from '../../desired/canonical.ts';
import type { HubDoor } from '../../desired/envelope.ts';
import type { EnrollAnswer, EnrollRequest } from '../../desired/message.ts';
import { isSealingKey } from '../../desired/seal.ts';
import { platformError } from '../../errors.ts';
import type { Authority } from '../authority/authority.ts';
import { readCsr } from '../authority/csr.ts';
import type { ClusterName } from '../door/ports.ts';
import { change, clusterReference, enrollmentReference, StoredCluster, StoredEnrollment } from './stored.ts';
import { isHashOf, readToken, type Token } from './token.ts';

export interface EnrollOptions {
  readonly client: Pick<KubeClient, 'get' | 'replace'>;
  readonly authority: Pick<Authority, 'issueAgent'>;
  /** Which cluster has accepted this key. */
  readonly acceptedBy: (key: string) => ClusterName | undefined;
  readonly door: () => HubDoor;
  /** The time of day. */
  readonly now: () => Date;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly signal: AbortSignal;
}

interface Asker {
  readonly key: string;
  readonly publicKey: KeyObject;
  readonly request: EnrollRequest;
  /** The address that it comes from. */
  readonly from: string;
}

const RETRY_MS = 2_000;

/**
 * Lets an agent in: with a token, once somebody accepts its key; without one, when its key was accepted before and only
 * its certificate ran out. Throws CSR_INVALID, SEALING_KEY_INVALID, TOKEN_UNKNOWN, TOKEN_EXPIRED, TOKEN_USED,
 * CLUSTER_NOT_FOUND, KEY_NOT_ACCEPTED and the CLUSTER_ codes.
 */
export async function enroll(
  options: EnrollOptions,
  request: EnrollRequest,
  from: string,
): Promise<EnrollAnswer> {
  const asker: Asker = { ...(await readCsr(request.csr)), request, from };
  if (!/^[0-9A-Za-z-]{1,64}$/.test(request.id))
    throw platformError('ENROLL_INVALID', { subject: 'id', detail: 'not the UID of a namespace' });
  if (request.token === undefined) return await certifyAgain(options, asker);
  if (!(await isSealingKey(request.sealingKey)))
    throw platformError('SEALING_KEY_INVALID', { subject: `agent ${asker.key}` });
  const token = readToken(request.token);
  if (token === undefined) throw platformError('TOKEN_UNKNOWN', { subject: 'token' });
  const { spec, status } = await bindToken(options, token, asker.key);
  const name = { project: token.project, name: spec.cluster };
  // Once: a key that is revoked later must not come back by itself.
  if (spec.autoAccept === true && status?.acceptedAt === undefined) await accept(options, name, token, asker);
  const isAccepted = await knock(options, name, asker);
  if (!isAccepted)
    return { state: 'waiting', key: asker.key, retryMs: Math.round(RETRY_MS * (1 + options.random())) };
  return await certify(options, name, asker);
}

async function certifyAgain(options: EnrollOptions, asker: Asker): Promise<EnrollAnswer> {
  const name = options.acceptedBy(asker.key);
  const stored = name === undefined ? undefined : await readCluster(options, name);
  const isSame = stored?.status?.id === undefined || stored.status.id === asker.request.id;
  if (name === undefined || stored?.spec.agent?.key !== asker.key || !isSame)
    throw platformError('KEY_NOT_ACCEPTED', { subject: `key ${asker.key}` });
  return await certify(options, name, asker);
}

async function certify(
  { authority, door }: EnrollOptions,
  { project, name }: ClusterName,
  { publicKey, request }: Asker,
): Promise<EnrollAnswer> {
  const certificate = await authority.issueAgent(publicKey, { project, name, id: request.id });
  return { state: 'accepted', certificate, project, cluster: name, hub: door() };
}

/** The first key that uses a token is the only one that may. */
async function bindToken({ client, now, signal }: EnrollOptions, token: Token, key: string) {
  const subject = `enrollment ${token.project}/${token.enrollment}`;
  const bind = (object: KubeObject): KubeObject | undefined => {
    const { spec, status } = StoredEnrollment.parse(object);
    if (!isHashOf(spec.tokenHash, token)) throw platformError('TOKEN_UNKNOWN', { subject });
    if (status?.usedBy === key) return undefined;
    if (status?.usedBy !== undefined) throw platformError('TOKEN_USED', { subject });
    if (now().getTime() > Date.parse(spec.expiresAt)) throw platformError('TOKEN_EXPIRED', { subject });
    return { ...object, status: { ...status, usedBy: key, usedAt: now().toISOString() } };
  };
  const reference = enrollmentReference(token.project, token.enrollment);
  const object = await change(client, { reference, subresource: 'status', to: bind }, { signal });
  if (object === undefined) throw platformError('TOKEN_UNKNOWN', { subject });
  return StoredEnrollment.parse(object);
}

async function accept(
  { client, now, signal }: EnrollOptions,
  { project, name }: ClusterName,
  token: Token,
  { key }: Asker,
): Promise<void> {
  const setKey = (object: KubeObject): KubeObject | undefined => {
    const { spec } = StoredCluster.parse(object);
    return spec.agent?.key === key
      ? undefined
      : { ...object, spec: { ...spec, agent: { ...spec.agent, key } } };
  };
  const done = (object: KubeObject): KubeObject => {
    const { status } = StoredEnrollment.parse(object);
    return { ...object, status: { ...status, acceptedAt: now().toISOString() } };
  };
  const cluster = clusterReference(project, name);
  if ((await change(client, { reference: cluster, to: setKey }, { signal })) === undefined)
    throw notFound({ project, name });
  const enrollment = enrollmentReference(token.project, token.enrollment);
  await change(client, { reference: enrollment, subresource: 'status', to: done }, { signal });
}

/** Notes who asks, and whether that key is accepted by now; what secrets are sealed for is taken only then. */
async function knock(options: EnrollOptions, cluster: ClusterName, asker: Asker): Promise<boolean> {
  const { client, signal } = options;
  const reference = clusterReference(cluster.project, cluster.name);
  const note = (object: KubeObject) => noted(object, asker, options.now());
  const stored = await change(client, { reference, subresource: 'status', to: note }, { signal });
  if (stored === undefined) throw notFound(cluster);
  return StoredCluster.parse(stored).spec.agent?.key === asker.key;
}

function noted(object: KubeObject, { key, request, from }: Asker, now: Date): KubeObject | undefined {
  const { spec, status } = StoredCluster.parse(object);
  if (spec.agent?.key !== key) {
    if (status?.request?.key === key) return undefined;
    const asked = { key, at: now.toISOString(), from: from.slice(0, 100) };
    return { ...object, status: { phase: 'Enrolling', ...status, request: asked } };
  }
  const { request: _, ...rest } = status ?? {};
  const { id, sealingKey } = request;
  const isNoted = status?.id === id && encode(status.sealingKey).equals(encode(sealingKey));
  if (isNoted && status.request === undefined) return undefined;
  return { ...object, status: { phase: 'Enrolling', ...rest, id, sealingKey } };
}

async function readCluster({ client, signal }: EnrollOptions, { project, name }: ClusterName) {
  const object = await client.get(clusterReference(project, name), { signal });
  return object === undefined ? undefined : StoredCluster.parse(object);
}

function notFound({ project, name }: ClusterName) {
  return platformError('CLUSTER_NOT_FOUND', { subject: `${project}/${name}` });
}
