import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { type AgentSubject, issueAgentCertificate } from '../../platform/hub/authority/agent-certificate.ts';
import {
  type AuthoritySet,
  readAuthoritySet,
  writeAuthoritySet,
} from '../../platform/hub/authority/authority-set.ts';
import type { Cluster } from '../cluster/cluster.ts';

const PATH = '/api/v1/namespaces/skerry-system/secrets/skerry-hub-authority';
const Secret = z.looseObject({ data: z.record(z.string(), z.string()) });

/** The hub's authorities, as somebody sees them who administers the hub's cluster. */
export async function readAuthority(hub: Cluster): Promise<AuthoritySet> {
  const { data } = Secret.parse(await hub.api.get(PATH));
  const texts = Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]);
  const set = readAuthoritySet(Object.fromEntries(texts), PATH);
  if (set === undefined) throw new Error(`${PATH} is empty`);
  return set;
}

/** The hub sees it when it starts again. */
export async function writeAuthority(hub: Cluster, set: AuthoritySet): Promise<void> {
  const secret = Secret.parse(await hub.api.get(PATH));
  const texts = Object.entries(writeAuthoritySet(set));
  const data = Object.fromEntries(texts.map(([key, text]) => [key, Buffer.from(text).toString('base64')]));
  const answer = await hub.api.request(PATH, { method: 'PUT', body: { ...secret, data } });
  if (answer.status >= 300) throw new Error(`${PATH}: ${answer.status} ${JSON.stringify(answer.body)}`);
}

/** A certificate that the hub gave an agent two years ago, and that was good for one. */
export async function endedCertificate(
  hub: Cluster,
  publicKey: KeyObject,
  subject: AgentSubject,
): Promise<string> {
  const { authorities, issuer } = await readAuthority(hub);
  const authority = authorities.get(issuer);
  if (authority === undefined) throw new Error(`no authority ${issuer}`);
  const then = new Date();
  then.setFullYear(then.getFullYear() - 2);
  return await issueAgentCertificate(authority, publicKey, subject, then, 365);
}
