import type { IncomingHttpHeaders } from 'node:http';
import { eksAction } from './eks-action.ts';

/** A request to AWS as a service would see it. */
export interface AwsCall {
  readonly service: string;
  readonly region: string;
  /** As AWS's reference names it: `CreateCluster`, `DescribeSubnets`. */
  readonly action: string;
  readonly accessKeyId: string;
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Names in the path of EKS, in their order. */
  readonly names: readonly string[];
}

export interface AwsAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function readCall(
  method: string,
  target: string,
  headers: IncomingHttpHeaders,
  body: string,
): AwsCall {
  const url = new URL(target, 'http://front');
  const credential = /Credential=([^/]+)\/\d+\/([^/]+)\/([^/]+)\//.exec(headers.authorization ?? '');
  const [, accessKeyId = '', region = '', service = ''] = credential ?? [];
  const parameters = new URLSearchParams(body);
  const target2 = headers['x-amz-target'];
  const rest = service === 'eks' ? eksAction(method, url.pathname) : undefined;
  const named = url.searchParams.get('Action') ?? parameters.get('Action') ?? undefined;
  const spoken = typeof target2 === 'string' ? target2.split('.').at(-1) : undefined;
  const action = rest?.action ?? named ?? spoken ?? `${method} ${url.pathname}`;
  return { service, region, action, accessKeyId, method, url, headers, body, names: rest?.names ?? [] };
}

export function jsonAnswer(status: number, value: object): AwsAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

/** An error in the words of the protocol that the call was made in: JSON for EKS, XML for what has an Action. */
export function errorAnswer(call: AwsCall, status: number, code: string, message: string): AwsAnswer {
  if (call.service === 'eks') {
    const body = JSON.stringify({ __type: code, message });
    return { status, headers: { 'content-type': 'application/json', 'x-amzn-errortype': code }, body };
  }
  const detail = `<Code>${code}</Code><Message>${message}</Message>`;
  const body =
    call.service === 'ec2'
      ? `<Response><Errors><Error>${detail}</Error></Errors><RequestID>front</RequestID></Response>`
      : `<ErrorResponse><Error><Type>Sender</Type>${detail}</Error><RequestId>front</RequestId></ErrorResponse>`;
  return { status, headers: { 'content-type': 'text/xml' }, body };
}
