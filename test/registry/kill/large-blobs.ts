import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import type { Digest } from '../../../content/digest.ts';
import type { Sender } from '../../../registry/testing/model/perform.ts';

const UPLOADS = '/v2/large/blobs/uploads/';
const PIECE = 256 * 1024;
const MAX_PIECES = 64;

/** Blobs of up to some megabytes, each pushed once in many pieces. */
export class LargeBlobs {
  readonly #acknowledged = new Set<Digest>();

  /** Pushes and deletes until there is nobody to ask. */
  async work(client: Sender, random: () => number, goesOn: () => boolean): Promise<void> {
    while (goesOn()) {
      const pieces = Array.from({ length: 1 + Math.floor(random() * MAX_PIECES) }, () => randomBytes(PIECE));
      await this.#push(client, pieces).catch(allowBroken);
      const [oldest] = this.#acknowledged;
      if (oldest === undefined || this.#acknowledged.size < 6) continue;
      this.#acknowledged.delete(oldest);
      await client.send('DELETE', `/v2/large/blobs/${oldest}`).catch(allowBroken);
    }
  }

  /** All that was acknowledged is there, with the right bytes. */
  async verify(client: Sender): Promise<void> {
    for (const digest of this.#acknowledged) {
      const answer = await client.send('GET', `/v2/large/blobs/${digest}`);
      assert.equal(answer.status, 200, `${digest} was acknowledged and is gone`);
      assert.equal(hashOf([answer.body]), digest);
    }
  }

  async #push(client: Sender, pieces: readonly Buffer[]): Promise<void> {
    const digest = hashOf(pieces);
    const { headers } = await client.send('POST', UPLOADS, { body: '' });
    const sent = await client.send('PATCH', headers.location ?? '', { body: pieces });
    assert.equal(sent.status, 202, sent.body.toString());
    const closed = await client.send('PUT', `${headers.location}?digest=${digest}`, { body: '' });
    assert.equal(closed.status, 201, closed.body.toString());
    this.#acknowledged.add(digest);
  }
}

function hashOf(pieces: readonly Buffer[]): Digest {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return `sha256:${hash.digest('hex')}`;
}

function allowBroken(error: unknown): void {
  if (error instanceof assert.AssertionError) throw error;
}
