import { createPublicKey } from 'node:crypto';
import { z } from 'zod';
import type { HubDoor } from '../../../platform/desired/envelope.ts';
import { issueAgentCertificate } from '../../../platform/hub/authority/agent-certificate.ts';
import { readAuthoritySet } from '../../../platform/hub/authority/authority-set.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { benchError } from '../errors.ts';
import type { MadeAgent } from './crowd-message.ts';

const NAMESPACE = 'skerry-system';
const SECRET = 'skerry-hub-authority';
const DAYS = 30;

const Secret = z.looseObject({ data: z.record(z.string(), z.string()) });
const Service = z.looseObject({
  spec: z.looseObject({
    ports: z.array(z.looseObject({ name: z.string().optional(), nodePort: z.int().optional() })),
  }),
});

/** How agents reach the hub, and certificates from its own authority without asking for each. */
export interface OpenDoor {
  readonly hub: HubDoor;
  issue(project: string, agent: MadeAgent, id: string): Promise<string>;
}

export async function openDoor(cluster: Cluster): Promise<OpenDoor> {
  const secretPath = `/api/v1/namespaces/${NAMESPACE}/secrets/${SECRET}`;
  const { data } = Secret.parse(await cluster.api.get(secretPath));
  const texts = Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]);
  const set = readAuthoritySet(Object.fromEntries(texts), SECRET);
  const issuer = set?.authorities.get(set.issuer);
  if (set === undefined || issuer === undefined) throw benchError('BENCH_RUN_FAILED', { subject: SECRET });
  const keys = [...set.signingKeys.values()].map((key) =>
    createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString(),
  );
  return {
    hub: {
      urls: [`https://${cluster.nodeAddress}:${await nodePort(cluster)}`],
      authorities: [issuer.certificate],
      keys,
    },
    issue: async (project, { name, publicKey }, id) =>
      await issueAgentCertificate(
        issuer,
        createPublicKey(publicKey),
        { project, name, id },
        new Date(),
        DAYS,
      ),
  };
}

async function nodePort(cluster: Cluster): Promise<number> {
  const path = `/api/v1/namespaces/${NAMESPACE}/services/skerry-hub-agents`;
  const port = Service.parse(await cluster.api.get(path)).spec.ports[0]?.nodePort;
  if (port === undefined)
    throw benchError('BENCH_RUN_FAILED', { subject: path, detail: 'it has no NodePort' });
  return port;
}
