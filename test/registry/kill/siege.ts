import assert from 'node:assert/strict';
import fc from 'fast-check';
import { algorithmOf, digestOf } from '../../../content/digest.ts';
import { gcJob } from '../../../registry/gc/gc-job.ts';
import { runJob } from '../../../registry/jobs/job-client.ts';
import { checkJob } from '../../../registry/scrub/check-job.ts';
import type { Answer } from '../../../registry/testing/client.ts';
import { randomOf } from '../../../registry/testing/disk/random.ts';
import { observe } from '../../../registry/testing/model/observation.ts';
import type { Operation } from '../../../registry/testing/model/operation.ts';
import { anyOperation } from '../../../registry/testing/model/operation-arbitrary.ts';
import { Oracle } from '../../../registry/testing/model/oracle.ts';
import { RegistryClient } from '../../../registry/testing/model/registry-client.ts';
import { SPECIMENS } from '../../../registry/testing/model/specimens.ts';
import { work } from '../../../registry/testing/model/workload.ts';
import { LargeBlobs } from './large-blobs.ts';
import { SharedTags } from './shared-tags.ts';

const WORKERS = ['worker/a', 'worker/b', 'worker/c', 'worker/d', 'worker/e'];
const SHARING = 3;
/** More than a worker does before the registry is killed. */
const OPERATIONS = 2000;
const DAY = 24 * 3_600_000;

/**
 * Everything that clients do at once to one registry, which is killed in the midst of it again and again, and what they
 * know of it.
 */
export class Siege {
  readonly folder: string;
  /** Answers so far. */
  answers = 0;
  collections = 0;
  readonly #client = new RegistryClient(0);
  readonly #random: () => number;
  readonly #oracle = new Oracle();
  readonly #tags: SharedTags;
  readonly #large = new LargeBlobs();

  constructor(folder: string, seed: number) {
    this.folder = folder;
    this.#random = randomOf(seed);
    this.#tags = new SharedTags(this.#random);
  }

  /** Pushes, pulls, deletes and collects garbage until `moment`, when `kill` is called: nobody answers any more. */
  async assault(port: number, moment: Promise<unknown>, kill: () => Promise<void>): Promise<void> {
    this.#connect(port);
    let isOver = false;
    const over = moment.then(async () => {
      isOver = true;
      await kill();
    });
    const goesOn = () => !isOver;
    const stopping = new AbortController();
    await Promise.all([
      ...WORKERS.map((repository) => this.#work(repository, goesOn)),
      ...Array.from({ length: SHARING }, () => this.#tags.work(this.#client, goesOn)),
      this.#large.work(this.#client, this.#random, goesOn),
      this.#pull(goesOn),
      this.#collect(goesOn, stopping.signal),
      over.finally(() => stopping.abort()),
    ]);
  }

  /** Everything that was acknowledged is there, all that is there is right, and a check finds nothing wrong. */
  async verify(port: number): Promise<void> {
    this.#connect(port);
    for (const repository of WORKERS)
      this.#oracle.settle(repository, await observe(this.#client, repository));
    await this.#tags.verify(this.#client);
    await this.#large.verify(this.#client);
    await this.#check();
  }

  close(): void {
    this.#client.close();
  }

  #connect(port: number): void {
    this.#client.close();
    this.#client.port = port;
  }

  async #work(repository: string, goesOn: () => boolean): Promise<void> {
    const seed = Math.floor(this.#random() * 2 ** 31);
    const operations = fc.sample(anyOperation.filter(isPlain), { seed, numRuns: OPERATIONS });
    const until = function* (): Generator<Operation> {
      for (const operation of operations) {
        if (!goesOn()) return;
        yield { ...operation, to: repository };
      }
    };
    await work(this.#client, this.#oracle, until(), (operation, answer) => {
      if (answer === undefined) return;
      this.answers++;
      assertExpected(operation, answer);
    });
  }

  // Whatever is given has the bytes of its digest.
  async #pull(goesOn: () => boolean): Promise<void> {
    const specimens = [...SPECIMENS.values()];
    while (goesOn()) {
      const specimen = specimens[Math.floor(this.#random() * specimens.length)];
      const repository = WORKERS[Math.floor(this.#random() * WORKERS.length)];
      const kind = this.#random() < 0.5 ? 'manifests' : 'blobs';
      const path = `/v2/${repository}/${kind}/${specimen?.digest}`;
      const answer = await this.#client.send('GET', path).catch(() => undefined);
      if (answer === undefined || specimen === undefined) continue;
      this.answers++;
      assert.ok(answer.status === 200 || answer.status === 404, `${answer.status} ${answer.body}`);
      if (answer.status === 200)
        assert.equal(digestOf(answer.body, algorithmOf(specimen.digest)), specimen.digest, path);
    }
  }

  async #collect(goesOn: () => boolean, signal: AbortSignal): Promise<void> {
    const options = { plan: false, quarantine: false, keepUntagged: 7 * DAY, rules: [], roots: [] };
    while (goesOn()) {
      try {
        for await (const { type } of runJob(this.folder, gcJob(), options, signal))
          if (type === 'done') this.collections++;
      } catch (error) {
        if (goesOn()) throw error;
      }
    }
  }

  async #check(): Promise<void> {
    const job = checkJob({ openSource: () => Promise.reject(new Error('there is nothing to repair from')) });
    const signal = AbortSignal.timeout(120_000);
    const wrong: string[] = [];
    let records: string | undefined;
    for await (const event of runJob(this.folder, job, { all: true, repairFrom: [] }, signal)) {
      // Clients push images without all of their layers as well.
      if (event.type === 'damage' && event.damage.problem !== 'incomplete')
        wrong.push(`${event.damage.problem} ${event.damage.digest} ${event.damage.detail}`);
      if (event.type === 'records') records = `${event.records} ${event.detail ?? ''}`.trim();
    }
    assert.deepEqual({ wrong, records }, { wrong: [], records: 'equal' });
  }
}

// Tags that belong to other images go with them, which is more than the oracle knows.
function isPlain(operation: Operation): boolean {
  const tags = 'tags' in operation ? operation.tags : 'tag' in operation ? [operation.tag] : [];
  return !tags.some((tag) => tag.startsWith('sha256-'));
}

const STATUSES: Readonly<Record<Operation['do'], readonly number[]>> = {
  'push blob': [201],
  'push wrong': [400],
  cancel: [204],
  mount: [201, 202],
  'push manifest': [201],
  'push whole': [201],
  'delete tag': [202, 404],
  'delete manifest': [202, 404],
  'delete blob': [202, 404],
};

function assertExpected(operation: Operation, answer: Answer): void {
  const text = `${JSON.stringify(operation)}: ${answer.status} ${answer.body.subarray(0, 500)}`;
  assert.ok(STATUSES[operation.do].includes(answer.status), text);
  // Who was told that a blob is here must find it under the image.
  if (operation.do === 'push whole') assert.equal(answer.headers.warning, undefined, text);
}
