import { z } from 'zod';
import { CloudConnection } from '../../connection/cloud-connection.ts';
import { infraError } from '../../errors.ts';
import type { AwsAccount } from './aws-account.ts';
import { awsErrorCode } from './aws-error.ts';
import { type AwsKeys, signedHeaders } from './signature.ts';

const VERSIONS = { sts: '2011-06-15', ec2: '2016-11-15', iam: '2010-05-08' } as const;
export type QueryService = keyof typeof VERSIONS;
const EksError = z.looseObject({ message: z.string().optional(), __type: z.string().optional() });

export interface ApiOptions {
  readonly now: () => Date;
  readonly ca: string | undefined;
  readonly requestsPerSecond: number | undefined;
}

/** Signed calls to the few services of AWS that an account is checked with; all of them read. */
export class AwsApi {
  readonly #account: AwsAccount;
  readonly #options: ApiOptions;
  readonly #connections = new Map<string, CloudConnection>();

  constructor(account: AwsAccount, options: ApiOptions) {
    this.#account = account;
    this.#options = options;
  }

  /** The XML that is answered. Throws CREDENTIALS_REFUSED, CLOUD_PERMISSION_MISSING, CLOUD_REQUEST_FAILED and those of CloudConnection. */
  async query(
    service: QueryService,
    action: string,
    parameters: Readonly<Record<string, string>>,
    keys: AwsKeys,
    signal: AbortSignal,
  ): Promise<string> {
    const body = new URLSearchParams({
      Action: action,
      Version: VERSIONS[service],
      ...parameters,
    }).toString();
    const contentType = 'application/x-www-form-urlencoded; charset=utf-8';
    const answer = await this.#send(
      service,
      'POST',
      '/',
      { 'content-type': contentType },
      body,
      keys,
      signal,
    );
    if (answer.status < 300) return answer.text;
    const name = textOf(answer.text, 'Code') ?? `status ${answer.status}`;
    throw awsError(service, action, name, textOf(answer.text, 'Message') ?? '');
  }

  /** What EKS answers to a GET; undefined for what is not there. */
  async eks(action: string, path: string, keys: AwsKeys, signal: AbortSignal): Promise<unknown> {
    const answer = await this.#send('eks', 'GET', path, {}, '', keys, signal);
    if (answer.status < 300) return answer.body;
    if (answer.status === 404) return undefined;
    const said = EksError.safeParse(answer.body).data;
    const name =
      answer.header('x-amzn-errortype')?.split(':')[0] ?? said?.__type ?? `status ${answer.status}`;
    throw awsError('eks', action, name, said?.message ?? '');
  }

  async close(): Promise<void> {
    await Promise.all([...this.#connections.values()].map(async (one) => await one.close()));
  }

  async #send(
    service: string,
    method: 'GET' | 'POST',
    path: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    keys: AwsKeys,
    signal: AbortSignal,
  ) {
    const { region, endpoint } = this.#account;
    const base = endpoint ?? usualAddress(service, region);
    const url = new URL(path, base);
    const scope = { region: service === 'iam' ? iamRegion(region) : region, service };
    const signed = signedHeaders({ method, url, headers, body }, keys, scope, this.#options.now());
    const { 'content-type': contentType, ...rest } = signed;
    return await this.#connection(base).send(
      {
        method,
        path: `${url.pathname}${url.search}`,
        headers: rest,
        ...(body === '' ? {} : { body, contentType: contentType ?? '' }),
        repeatable: true,
      },
      signal,
    );
  }

  #connection(url: string): CloudConnection {
    const { ca, requestsPerSecond } = this.#options;
    const found = this.#connections.get(url) ?? new CloudConnection({ url, ca, requestsPerSecond });
    this.#connections.set(url, found);
    return found;
  }
}

function usualAddress(service: string, region: string): string {
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  if (service !== 'iam') return `https://${service}.${region}.${domain}`;
  if (region.startsWith('cn-')) return `https://iam.cn-north-1.${domain}`;
  return region.startsWith('us-gov-') ? `https://iam.us-gov.${domain}` : `https://iam.${domain}`;
}

/** IAM has one region in each partition (AWS General Reference, "IAM endpoints and quotas"). */
function iamRegion(region: string): string {
  if (region.startsWith('cn-')) return 'cn-north-1';
  return region.startsWith('us-gov-') ? 'us-gov-west-1' : 'us-east-1';
}

/** The text of the first element of this name. */
function textOf(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
}

export function textsOf(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) => text);
}

/** The same where it has to be there. Throws CLOUD_ANSWER_INVALID. */
export function neededText(xml: string, name: string): string {
  const found = textOf(xml, name);
  if (found === undefined) throw infraError('CLOUD_ANSWER_INVALID', { subject: name });
  return found;
}

/** An error that AWS answered with. */
function awsError(service: string, action: string, name: string, message: string) {
  return infraError(awsErrorCode(name), { subject: `${service} ${action}`, detail: `${name}: ${message}` });
}
