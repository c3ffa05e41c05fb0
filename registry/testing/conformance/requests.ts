import assert from 'node:assert/strict';
import type { Descriptor } from '../../../content/descriptor.ts';
import type { TestBlob } from '../content.ts';
import type { Answer, TestRegistry } from '../registry.ts';

/** For the conformance tests: requests that many of them make, and what many of them read in an answer. */

/** A digest in its right form that nothing has. */
export const NOTHING = `sha256:${'0'.repeat(64)}` as const;

/** Sends the bytes from `start` to before `end` as a chunk (distribution-spec, "Pushing a blob in chunks"). */
export async function sendChunk(
  registry: TestRegistry,
  method: 'PATCH' | 'PUT',
  path: string,
  { bytes }: Pick<TestBlob, 'bytes'>,
  [start, end]: readonly [number, number],
): Promise<Answer> {
  return await registry.send(method, path, {
    body: bytes.subarray(start, end),
    headers: { 'content-range': `${start}-${end - 1}`, 'content-type': 'application/octet-stream' },
  });
}

/** Closes an upload with nothing more in it. */
export async function closeUpload(
  registry: TestRegistry,
  location: string | undefined,
  digest: string,
): Promise<Answer> {
  return await registry.send('PUT', `${location}?digest=${digest}`, { body: '' });
}

/** 201, with a Location from which the blob can be pulled, and its digest. */
export async function assertBlobCreated(
  registry: TestRegistry,
  answer: Answer,
  blob: TestBlob,
): Promise<void> {
  assert.equal(answer.status, 201, answer.body.toString());
  assert.equal(answer.headers['docker-content-digest'], blob.digest);
  const got = await registry.send('GET', answer.headers.location ?? '');
  assert.equal(got.status, 200);
  assert.ok(got.body.equals(blob.bytes));
}

/** The specification's error body with these codes. */
export function assertRefused(answer: Answer, status: number, ...codes: string[]): void {
  assert.equal(answer.status, status, answer.body.toString());
  assert.deepEqual(answer.codes, codes);
}

export function jsonOf({ body }: Answer): unknown {
  return JSON.parse(body.toString());
}

/** The address in the Link header. */
export function nextOf({ headers }: Answer): string {
  const link = /^<([^>]+)>; rel="next"$/.exec(String(headers.link));
  assert.ok(link?.[1], `no next page in ${headers.link}`);
  return link[1];
}

/** The entries of a list of referrers. */
export function manifestsOf({ body }: Answer): Descriptor[] {
  return JSON.parse(body.toString()).manifests;
}
