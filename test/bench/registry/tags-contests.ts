import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hexOf } from '../../../content/digest.ts';
import { benchError } from '../errors.ts';
import type { Contestant } from './contestant.ts';
import { spread, withWires } from './crowd.ts';
import { makeNoise } from './noise.ts';
import { makeManifest, type PushedManifest, pushBlob, pushManifest } from './pusher.ts';
import type { ContestSize, RegistryContest } from './registry-contest.ts';
import type { Wire } from './wire.ts';

const REPOSITORY = 'bench/tags';
const PAGE = 1000;
const PAGES = 10;

/** A repository that has very many tags: all of them, and pages of them. */
export function tagsContests(size: ContestSize): RegistryContest[] {
  const tags = new ManyTags(size);
  return [allTagsContest(tags), tagPagesContest(tags)];
}

// All at once, as clients ask who name no page size.
function allTagsContest(tags: ManyTags): RegistryContest {
  return {
    name: 'tags',
    title: `list ${tags.count} tags`,
    asked: 5,
    work: 1,
    unit: 'lists',
    fill: (contestant) => tags.fill(contestant),
    prepare: async (contestant) => async () =>
      await withWires(contestant, 1, (wires) =>
        spread(wires, 1, async (wire) => {
          const found = await listAll(wire, `/v2/${REPOSITORY}/tags/list`);
          if (found === tags.count) return;
          throw benchError('BENCH_WRONG_RESULT', { subject: contestant.name, detail: `${found} tags` });
        }),
      ),
  };
}

// From all over the list.
function tagPagesContest(tags: ManyTags): RegistryContest {
  return {
    name: 'tag-pages',
    title: `pages of ${PAGE} out of ${tags.count} tags`,
    asked: 5,
    work: PAGES,
    unit: 'requests',
    fill: (contestant) => tags.fill(contestant),
    prepare: async (contestant) => async () =>
      await withWires(contestant, 1, (wires) =>
        spread(wires, PAGES, async (wire, at) => {
          const last = nameOf(Math.floor((tags.count / PAGES) * at));
          const target = `/v2/${REPOSITORY}/tags/list?n=${PAGE}&last=${last}`;
          await wire.ask({ method: 'GET', target }, 200);
        }),
      ),
  };
}

class ManyTags {
  readonly count: number;
  readonly #config = makeNoise(2000);
  readonly #manifest: PushedManifest;

  constructor({ quick }: ContestSize) {
    this.count = quick ? 2000 : 100_000;
    this.#manifest = makeManifest(this.#config, []);
  }

  async fill(contestant: Contestant): Promise<void> {
    const first = nameOf(0);
    await withWires(contestant, 32, async (wires) => {
      await spread(wires.slice(0, 1), 1, async (wire) => {
        await pushBlob(wire, REPOSITORY, this.#config);
        await pushManifest(wire, REPOSITORY, this.#manifest, { tag: first });
      });
      // Distribution takes hours for what it keeps as plain files, so these are written for it.
      if (contestant.name === 'distribution') await this.#writeTags(contestant.folder);
      else
        await spread(wires, this.count, (wire, at) =>
          pushManifest(wire, REPOSITORY, this.#manifest, { tag: nameOf(at) }),
        );
    });
  }

  async #writeTags(folder: string): Promise<void> {
    const { digest } = this.#manifest;
    const tags = join(folder, 'data/docker/registry/v2/repositories', REPOSITORY, '_manifests/tags');
    for (let at = 0; at < this.count; at++) {
      const [current, index] = ['current', join('index/sha256', hexOf(digest))].map((name) =>
        join(tags, nameOf(at), name),
      );
      for (const link of [current ?? '', index ?? '']) {
        await mkdir(link, { recursive: true });
        await writeFile(join(link, 'link'), digest);
      }
    }
  }
}

async function listAll(wire: Wire, first: string): Promise<number> {
  let found = 0;
  for (let target: string | undefined = first; target !== undefined; ) {
    const answer = await wire.ask({ method: 'GET', target, keep: true }, 200);
    // Counted by what stands between them, as parsing takes longer than some answers; one more is before "tags".
    found += answer.body.toString('latin1').split('","').length - 1;
    target = /<([^>]*)>/.exec(answer.header('link') ?? '')?.[1];
  }
  return found;
}

function nameOf(at: number): string {
  return `v1.${String(at).padStart(6, '0')}-build`;
}
