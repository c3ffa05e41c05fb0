import { createPrivateKey, createPublicKey } from 'node:crypto';
import { z } from 'zod';
import { AGENT_NAME, AGENT_NAMESPACE } from '../../platform/desired/agent-names.ts';
import { openAgentFile } from '../../platform/desired/carry/agent-file.ts';
import { Report } from '../../platform/desired/report.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { until } from './until.ts';

const NAMESPACE = `/api/v1/namespaces/${AGENT_NAMESPACE}`;
const DEPLOYMENT = `/apis/apps/v1/namespaces/${AGENT_NAMESPACE}/deployments/${AGENT_NAME}`;
const IDENTITY = `${NAMESPACE}/secrets/skerry-agent-identity`;
const INBOX = `${NAMESPACE}/secrets/skerry-agent-inbox`;
const OUTBOX = `${NAMESPACE}/secrets/skerry-agent-outbox`;

const Pods = z.looseObject({
  items: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) })),
});
const Secret = z.looseObject({ data: z.record(z.string(), z.string()) });

/** The agent of a cluster, looked at and handled as somebody does who administers that cluster. */
export class AgentIn {
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  async pods(): Promise<string[]> {
    const path = `${NAMESPACE}/pods?labelSelector=app.kubernetes.io/name=${AGENT_NAME}`;
    return Pods.parse(await this.#cluster.api.get(path)).items.map(({ metadata }) => metadata.name);
  }

  async log(): Promise<string> {
    const [name = ''] = await this.pods();
    const { status, body } = await this.#cluster.api.request(`${NAMESPACE}/pods/${name}/log?tailLines=200`);
    return status === 200 ? String(body) : '';
  }

  /** Ends when not one pod of it is left. */
  async stop(): Promise<void> {
    await this.#scale(0);
    await until('no agent runs', async () => ((await this.pods()).length === 0 ? true : undefined));
  }

  async start(): Promise<void> {
    await this.#scale(1);
  }

  async #scale(replicas: number): Promise<void> {
    await this.#patch(DEPLOYMENT, { spec: { replicas } });
  }

  async #patch(path: string, body: object): Promise<void> {
    const answer = await this.#cluster.api.request(path, {
      method: 'PATCH',
      body,
      contentType: 'application/merge-patch+json',
    });
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  }

  async certificate(): Promise<string> {
    return (await this.#textsOf(IDENTITY))['tls.crt'] ?? '';
  }

  async publicKey() {
    return createPublicKey(createPrivateKey((await this.#textsOf(IDENTITY))['tls.key'] ?? ''));
  }

  async keepCertificate(pem: string): Promise<void> {
    await this.#patch(IDENTITY, { data: { 'tls.crt': Buffer.from(pem).toString('base64') } });
  }

  /** It is another agent when it starts again: it has other keys, and nobody has let it in. */
  async forgetIdentity(): Promise<void> {
    await this.#cluster.api.remove(IDENTITY);
    await this.#cluster.api.remove(OUTBOX);
  }

  /** Puts a text where files from the hub are put. */
  async putInbox(text: string): Promise<void> {
    await this.#patch(INBOX, { data: { file: Buffer.from(text).toString('base64') } });
  }

  /** What it would send to its hub now. */
  async report(): Promise<Report | undefined> {
    const file = await this.#outbox();
    const message = file?.messages.find(({ kind }) => kind === 'report');
    if (message?.kind !== 'report') return undefined;
    return Report.parse(JSON.parse(Buffer.from(message.report.payload, 'base64').toString()));
  }

  /** It has written down that it asks to be let in. */
  async asks(): Promise<boolean> {
    return (await this.#outbox())?.enroll?.token !== undefined;
  }

  async #outbox() {
    if ((await this.#cluster.api.get(OUTBOX)) === undefined) return undefined;
    return openAgentFile((await this.#textsOf(OUTBOX)).file ?? '').file;
  }

  async #textsOf(path: string): Promise<Record<string, string>> {
    const { data } = Secret.parse(await this.#cluster.api.get(path));
    return Object.fromEntries(
      Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]),
    );
  }
}
