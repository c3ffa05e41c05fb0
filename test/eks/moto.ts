import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { AwsAnswer, AwsCall } from './aws-call.ts';

/** moto's server, and what AWS itself would do through its own calls. */
export class Moto {
  readonly #port: number;
  readonly #region: string;

  constructor(port: number, region: string) {
    this.#port = port;
    this.#region = region;
  }

  /** Passes a call on as it is. */
  async forward({ method, url, headers, body }: AwsCall): Promise<AwsAnswer> {
    const { connection, 'content-length': _, ...kept } = headers;
    const sent = { ...kept, 'accept-encoding': 'identity' };
    return await this.#send(method, `${url.pathname}${url.search}`, sent, body);
  }

  /** A call in the query protocol, as EC2, Auto Scaling and IAM speak it. Throws when it fails. */
  async query(service: string, action: string, version: string, parameters: Record<string, string>) {
    const body = new URLSearchParams({ Action: action, Version: version, ...parameters }).toString();
    const answer = await this.#send(
      'POST',
      '/',
      this.#headers(service, 'application/x-www-form-urlencoded'),
      body,
    );
    if (answer.status >= 300) throw new Error(`${service} ${action}: ${answer.status} ${answer.body}`);
    return answer.body;
  }

  /** A call of EKS. */
  async eks(method: string, path: string, value?: object): Promise<AwsAnswer> {
    const body = value === undefined ? '' : JSON.stringify(value);
    return await this.#send(method, path, this.#headers('eks', 'application/json'), body);
  }

  /** Whose key it is, as STS says it. */
  async callerIdentity(accessKeyId: string): Promise<string> {
    const body = 'Action=GetCallerIdentity&Version=2011-06-15';
    const headers = this.#headers('sts', 'application/x-www-form-urlencoded', accessKeyId);
    return (await this.#send('POST', '/', headers, body)).body;
  }

  #headers(service: string, contentType: string, accessKeyId = 'FRONT'): Record<string, string> {
    // moto tells services by the signature's scope, and checks no signature.
    const scope = `${accessKeyId}/20260101/${this.#region}/${service}/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`;
    return { 'content-type': contentType, authorization };
  }

  async #send(
    method: string,
    path: string,
    headers: Readonly<Record<string, string | string[] | undefined>>,
    body: string,
  ): Promise<AwsAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<AwsAnswer>();
    const sent = request(
      { host: '127.0.0.1', port: this.#port, method, path, headers, signal: AbortSignal.timeout(60_000) },
      (response) => {
        text(response).then((body) => {
          const type = response.headers['content-type'] ?? 'text/plain';
          const error = response.headers['x-amzn-errortype'];
          const kept = typeof error === 'string' ? { 'x-amzn-errortype': error } : {};
          resolve({ status: response.statusCode ?? 500, headers: { 'content-type': type, ...kept }, body });
        }, reject);
      },
    );
    sent.once('error', reject);
    sent.end(body);
    return await promise;
  }
}
