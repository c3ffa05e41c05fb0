import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { recycle } from '../bytes/chunk-memory.ts';
import { digestOf } from '../digest.ts';
import { testCertificate } from '../testing/certificate.ts';
import { play, QUICK } from '../testing/script.ts';
import { openRemote } from './store.ts';

const BYTES = randomBytes(5_000_000);
const DIGEST = digestOf(BYTES);
const STEP = { expect: `GET /v2/app/blobs/${DIGEST}`, send: BYTES };

for (const scheme of ['http', 'https'] as const) {
  test(`a large blob comes over ${scheme} as it is, whether its memory is used again or not`, async (context) => {
    const tls = scheme === 'https' ? await testCertificate() : undefined;
    const { origin } = await play(context, [STEP, STEP, STEP], tls);
    const remote = openRemote(origin, { retry: QUICK, ca: tls?.cert });
    const read = async (use: (chunk: Uint8Array) => Uint8Array) => {
      const reader = await remote.readBlob('app', DIGEST);
      const chunks: Uint8Array[] = [];
      for await (const chunk of reader?.stream ?? []) chunks.push(use(chunk));
      assert.equal(digestOf(Buffer.concat(chunks)), DIGEST);
    };
    const copyAndRecycle = (chunk: Uint8Array) => {
      const copy = Buffer.from(chunk);
      recycle(chunk);
      return copy;
    };
    await read(copyAndRecycle);
    await Promise.all([read(copyAndRecycle), read((chunk) => chunk)]);
    await remote.close();
  });
}
