import assert from 'node:assert/strict';
import { perform, type Sender } from '../../../registry/testing/model/perform.ts';
import { specimenOf } from '../../../registry/testing/model/specimens.ts';
import { TagHistory } from './tag-history.ts';

const REPOSITORY = 'shared';
const MANIFESTS = ['bare', 'artifact', 'no entries'];

/** Tags that many clients move and delete at the same time. */
export class SharedTags {
  readonly #histories = new Map(['one', 'two', 'three'].map((tag) => [tag, new TagHistory()]));
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Moves or deletes tags until there is nobody to ask. */
  async work(client: Sender, goesOn: () => boolean): Promise<void> {
    while (goesOn()) {
      const [tag, history] = this.#pick([...this.#histories]);
      const manifest = this.#random() < 0.3 ? undefined : this.#pick(MANIFESTS);
      const end = history.begin(manifest === undefined ? undefined : specimenOf(manifest).digest);
      const answer = await perform(
        client,
        manifest === undefined
          ? { do: 'delete tag', to: REPOSITORY, tag }
          : { do: 'push manifest', to: REPOSITORY, manifest, byDigest: false, tags: [tag] },
      ).catch(() => undefined);
      assert.ok(
        answer === undefined || [201, 202, 404].includes(answer.status),
        `${answer?.status} ${answer?.body}`,
      );
      // Who finds no tag to delete has changed nothing; that there was none is as good as a deletion.
      if (answer !== undefined) end(true);
    }
  }

  /** After a kill: each tag holds what it may, and so it is settled. */
  async verify(client: Sender): Promise<void> {
    for (const [tag, history] of this.#histories) {
      history.endAll();
      const answer = await client.send('HEAD', `/v2/${REPOSITORY}/manifests/${tag}`);
      assert.ok(answer.status === 200 || answer.status === 404, `${answer.status}`);
      const held = answer.headers['docker-content-digest'];
      const value = typeof held === 'string' ? held : undefined;
      assert.ok(
        history.possible().includes(value),
        `tag ${tag} is ${value}, which is none of ${history.possible()}`,
      );
      history.settle(value);
    }
  }

  #pick<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.#random() * items.length)];
    if (item === undefined) throw new Error('there is nothing to pick from');
    return item;
  }
}
