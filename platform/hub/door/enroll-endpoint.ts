import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isSkerryError } from '../../../content/error.ts';
import { tryJson } from '../../../content/json.ts';
import { type EnrollAnswer, EnrollRequest } from '../../desired/message.ts';
import { platformError } from '../../errors.ts';
import { PROBLEM_TYPE, problemOf } from '../http/problem.ts';

export interface EnrollEndpointOptions {
  readonly enroll: (request: EnrollRequest, from: string) => Promise<EnrollAnswer>;
  /** Throws when this address has asked too often. */
  readonly limit: (address: string) => void;
  readonly onRefused: (code: string, subject: string, from: string) => void;
  readonly onError: (error: unknown) => void;
}

const MAX_BODY_BYTES = 16 * 1024;

/** `POST /enroll`; the only thing at the door that needs no certificate. */
export async function answerEnroll(
  options: EnrollEndpointOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const from = request.socket.remoteAddress ?? '';
  try {
    checkRoute(request);
    options.limit(from);
    const body = EnrollRequest.safeParse(tryJson(await readBody(request)));
    if (!body.success) {
      const [issue] = body.error.issues;
      const detail = `${issue?.path.join('.')}: ${issue?.message}`;
      throw platformError('ENROLL_INVALID', { subject: 'body', detail });
    }
    send(response, 200, 'application/json', await options.enroll(body.data, from));
  } catch (error) {
    const problem = problemOf(error, randomUUID());
    if (problem.status >= 500) options.onError(error);
    else options.onRefused(problem.code, problem.subject, from);
    if (problem.status === 429 || problem.status === 503) response.setHeader('retry-after', '5');
    // The rest of a body that is too large is not read.
    if (isSkerryError(error, 'ENROLL_INVALID')) response.setHeader('connection', 'close');
    send(response, problem.status, PROBLEM_TYPE, problem);
  }
}

function checkRoute({ method, url }: IncomingMessage): void {
  if (method === 'POST' && url === '/enroll') return;
  throw platformError('ROUTE_NOT_FOUND', { subject: `${method} ${(url ?? '').slice(0, 200)}` });
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.byteLength;
    if (size > MAX_BODY_BYTES)
      throw platformError('ENROLL_INVALID', { subject: 'body', detail: `more than ${MAX_BODY_BYTES} bytes` });
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString();
}

function send(response: ServerResponse, status: number, type: string, body: unknown): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
