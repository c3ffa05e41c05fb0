import { request as httpsRequest } from 'node:https';
import { z } from 'zod';
import { messageOf } from '../../../content/error.ts';
import { tryJson } from '../../../content/json.ts';
import { EnrollAnswer, type EnrollRequest } from '../../desired/message.ts';
import { platformError } from '../../errors.ts';
import type { Way } from './doors.ts';

const TIMEOUT_MS = 15_000;
const MAX_ANSWER_BYTES = 128 * 1024;
const Problem = z.object({ code: z.string().max(63), title: z.string().max(500).optional() });

/** `POST /enroll` at one way to the hub. Throws HUB_UNREACHABLE, HUB_REFUSED, HUB_ANSWER_INVALID. */
export async function callEnroll(
  { url, authorities }: Way,
  request: EnrollRequest,
  signal: AbortSignal,
): Promise<EnrollAnswer> {
  const { status, text } = await post(
    new URL('/enroll', url),
    authorities,
    JSON.stringify(request),
    signal,
  ).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw platformError('HUB_UNREACHABLE', { subject: url, detail: messageOf(cause), cause });
  });
  if (status === 200) {
    const answer = EnrollAnswer.safeParse(tryJson(text));
    if (answer.success) return answer.data;
    throw platformError('HUB_ANSWER_INVALID', { subject: url });
  }
  const problem = Problem.safeParse(tryJson(text));
  if (!problem.success) throw platformError('HUB_ANSWER_INVALID', { subject: url, detail: `HTTP ${status}` });
  throw platformError('HUB_REFUSED', { subject: url, detail: problem.data.code });
}

async function post(url: URL, authorities: readonly string[], body: string, signal: AbortSignal) {
  return await new Promise<{ status: number; text: string }>((resolve, reject) => {
    const request = httpsRequest(url, {
      method: 'POST',
      ca: [...authorities],
      minVersion: 'TLSv1.3',
      agent: false,
      timeout: TIMEOUT_MS,
      signal: AbortSignal.any([signal, AbortSignal.timeout(2 * TIMEOUT_MS)]),
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    });
    request.once('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    request.once('error', reject);
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.byteLength;
        if (size > MAX_ANSWER_BYTES) request.destroy(new Error('the answer is too long'));
        chunks.push(chunk);
      });
      response.once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
      );
    });
    request.end(body);
  });
}
