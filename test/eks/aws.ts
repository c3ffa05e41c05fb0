import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { type AwsKeys, signedHeaders } from '../../platform/infra/provider/aws/signature.ts';
import { programCache } from '../cluster/builds/programs.ts';
import type { Authority, KeyPair } from '../cluster/certificate.ts';
import { createAuthority, issue } from '../cluster/certificate.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { kubeconfig } from '../cluster/kubeconfig.ts';
import type { Progress } from '../cluster/processes/progress.ts';
import { until } from '../fleet/until.ts';
import { ensurePython } from '../python/environment.ts';
import { Answered, type Control } from './front.ts';
import type { Configuration } from './main.ts';

export const REGION = 'eu-west-1';
const FRONT_PORT = 4566;
const MOTO_PORT = 4567;
const REVIEW_PORT = 4568;

/** What a cluster has to be started with, so that it may stand behind clusters of EKS. */
export interface ReviewSetup {
  readonly apiServer: readonly string[];
  readonly review: KeyPair;
}

/** Makes the API server ask the front whose a token is. `folder` must outlive the cluster. */
export async function reviewSetup(folder: string, now: Date): Promise<ReviewSetup> {
  const authority: Authority = await createAuthority('token review', now);
  const review = await issue(authority, { user: 'token review', hosts: ['127.0.0.1'] }, now);
  const file = join(folder, 'token-review.yaml');
  const server = `https://127.0.0.1:${REVIEW_PORT}/`;
  const user = 'kube-apiserver';
  const credentials = await issue(authority, { user }, now);
  await writeFile(
    file,
    kubeconfig({ cluster: 'review', server, authority: authority.certificate, user, credentials }),
    { mode: 0o600 },
  );
  return {
    apiServer: [
      `--authentication-token-webhook-config-file=${file}`,
      '--authentication-token-webhook-version=v1',
      '--authentication-token-webhook-cache-ttl=1s',
    ],
    review,
  };
}

export interface AwsInput {
  readonly cluster: Cluster;
  readonly setup: ReviewSetup;
  /** For files; outlives AWS. */
  readonly folder: string;
  readonly onProgress?: Progress | undefined;
}

/** A tenant's account of AWS in the network of a cluster's node: moto with the front before it. */
export class Aws {
  /** For programs on the node and in its pods. */
  readonly endpoint: string;
  readonly #cluster: Cluster;
  readonly #stop: AbortController;
  readonly #ended: readonly Promise<unknown>[];
  /** Keys by which the test itself looks into the account. */
  readonly #own: AwsKeys = { accessKeyId: 'TESTOWN', secretAccessKey: 'own' };

  private constructor(cluster: Cluster, stop: AbortController, ended: readonly Promise<unknown>[]) {
    this.endpoint = `http://${cluster.nodeAddress}:${FRONT_PORT}`;
    this.#cluster = cluster;
    this.#stop = stop;
    this.#ended = ended;
  }

  static async start({ cluster, setup, folder, onProgress }: AwsInput): Promise<Aws> {
    const cache = programCache(process.env);
    const requirements = join(import.meta.dirname, 'requirements.txt');
    const python = await ensurePython({ name: 'moto', requirements, cache, onProgress });
    const stop = new AbortController();
    const signal = stop.signal;
    const read = async (name: string) => await readFile(join(cluster.folder, 'pki', name), 'utf8');
    const [ca, certificate, key] = [await read('ca.crt'), await read('admin.crt'), await read('admin.key')];
    const configuration: Configuration = {
      region: REGION,
      motoPort: MOTO_PORT,
      listen: { host: '0.0.0.0', port: FRONT_PORT },
      server: { endpoint: `https://${cluster.nodeAddress}:6443`, ca, certificate, key },
      review: { port: REVIEW_PORT, ...setup.review },
    };
    const file = join(folder, 'front.json');
    await writeFile(file, JSON.stringify(configuration), { mode: 0o600 });
    const moto = cluster.execOnNode(
      join(python, 'bin/moto_server'),
      ['--host', '127.0.0.1', '--port', String(MOTO_PORT)],
      { signal, env: { MOTO_IAM_LOAD_MANAGED_POLICIES: 'true' } },
    );
    const front = cluster.execOnNode(process.execPath, [join(import.meta.dirname, 'main.ts'), file], {
      signal,
    });
    moto.all.pipe(createWriteStream(join(folder, 'moto.log')));
    front.all.pipe(createWriteStream(join(folder, 'front.log')));
    const aws = new Aws(cluster, stop, [moto, front]);
    await until('the front answers', async () => await aws.control({ do: 'calls' }).catch(() => undefined));
    await aws.control({ do: 'admit', keys: [aws.#own] });
    await until(
      'moto answers',
      async () => await aws.query('sts', 'GetCallerIdentity', {}).catch(() => undefined),
    );
    return aws;
  }

  async control(asked: Control): Promise<unknown> {
    return JSON.parse(await this.#send('/front/', {}, JSON.stringify(asked)));
  }

  async calls(): Promise<Answered[]> {
    return z.array(Answered).parse(await this.control({ do: 'calls' }));
  }

  /** A call in the query protocol with the test's own keys. Throws with what was answered. */
  async query(service: string, action: string, parameters: Record<string, string>): Promise<string> {
    const Version = VERSIONS[service] ?? '';
    const body = new URLSearchParams({ Action: action, Version, ...parameters }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    return await this.#signed('POST', '/', service, headers, body);
  }

  /** A GET of EKS with the test's own keys. */
  async get(path: string): Promise<string> {
    return await this.#signed('GET', path, 'eks', {}, '');
  }

  /** For clients that run in the test, outside of the cluster's network. */
  readonly connect = async (): Promise<Socket> =>
    await this.#cluster.connect(this.#cluster.nodeAddress, FRONT_PORT);

  /** An address on this machine that leads here, for clients in the test's own process; gone with the signal. */
  async forward(signal: AbortSignal): Promise<string> {
    const server = createServer((near) => {
      near.on('error', () => near.destroy());
      this.connect().then(
        (far) => {
          far.on('error', () => near.destroy());
          near.on('close', () => far.destroy());
          near.pipe(far).pipe(near);
        },
        () => near.destroy(),
      );
    });
    server.listen({ port: 0, host: '127.0.0.1', signal });
    await once(server, 'listening');
    const address = server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.#ended);
  }

  async #signed(
    method: string,
    path: string,
    service: string,
    headers: Record<string, string>,
    body: string,
  ): Promise<string> {
    const url = new URL(path, this.endpoint);
    const signed = signedHeaders(
      { method, url, headers, body },
      this.#own,
      { region: REGION, service },
      new Date(),
    );
    return await this.#send(path, signed, body, method);
  }

  async #send(path: string, headers: Record<string, string>, body: string, method = 'POST'): Promise<string> {
    const socket = await this.connect();
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
    const signal = AbortSignal.timeout(60_000);
    const sent = request(
      { createConnection: () => socket, host: new URL(this.endpoint).host, method, path, headers, signal },
      (response) => {
        text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
      },
    );
    sent.once('error', reject);
    sent.end(body);
    const answer = await promise;
    socket.destroy();
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
    return answer.body;
  }
}

const VERSIONS: Readonly<Record<string, string>> = {
  ec2: '2016-11-15',
  iam: '2010-05-08',
  sts: '2011-06-15',
  autoscaling: '2011-01-01',
};
