import assert from 'node:assert/strict';
import fc from 'fast-check';
import { z } from 'zod';
import type { Answer } from '../client.ts';
import { acceptCollection, assertFiles, collect, LATER, withoutGarbage } from './collection.ts';
import { DAMAGES, type Damage } from './damage.ts';
import { observationOf, observe } from './observation.ts';
import { type Expected, expectedAnswer, isDone, type Operation, stepsOf } from './operation.ts';
import { anyOperation, REPOSITORIES } from './operation-arbitrary.ts';
import { perform } from './perform.ts';
import type { RegistryModel } from './registry-model.ts';
import type { Site } from './site.ts';
import { ARTIFACT_TYPES, BLOBS, SUBJECTS, specimenOf } from './specimens.ts';

/** A step of a history, done to a real registry and to the model of one; they must not differ. */
type Command = fc.AsyncCommand<RegistryModel, Site>;

function command(name: string, run: (model: RegistryModel, site: Site) => Promise<void>): Command {
  return { check: () => true, run, toString: () => name };
}

function operate(operation: Operation): Command {
  return command(JSON.stringify(operation), async (model, site) => {
    site.now += 1000;
    const expected = expectedOf(model, operation);
    assertAnswer(await perform(site.client, operation), expected);
    settle(model, operation, expected);
  });
}

// Each in a repository of its own, so that their order makes no difference.
function operateAtOnce(operations: readonly Operation[]): Command {
  return command(`at once ${JSON.stringify(operations)}`, async (model, site) => {
    site.now += 1000;
    const expected = operations.map((operation) => expectedOf(model, operation));
    const answers = await Promise.all(operations.map((operation) => perform(site.client, operation)));
    for (const [index, operation] of operations.entries()) {
      assertAnswer(answers[index], expected[index]);
      settle(model, operation, expected[index]);
    }
  });
}

function expectedOf(model: RegistryModel, operation: Operation): Expected {
  const mountable =
    operation.do === 'mount' && model.canMount(specimenOf(operation.blob).digest, operation.from);
  return expectedAnswer(model.repository(operation.to), operation, mountable);
}

function settle(model: RegistryModel, operation: Operation, expected: Expected | undefined): void {
  const after = stepsOf(model.repository(operation.to), operation).at(-1);
  if (after !== undefined && isDone(operation, expected?.status ?? 0)) model.replace(operation.to, after);
}

function restart(how: 'closed' | 'abruptly', damage: Damage): Command {
  return command(`restart ${how}, ${damage}`, async (model, site) => {
    await site.restart(how, damage);
    await assertSame(model, site);
  });
}

// Long after the last push, so that nothing is kept that need not be.
const collectLater = command('collect garbage when all of it may go', async (model, site) => {
  site.now += LATER;
  await collect(site.store);
  for (const name of REPOSITORIES) model.replace(name, withoutGarbage(model.repository(name)));
  await assertFiles(model, site.store, REPOSITORIES);
  await assertSame(model, site);
});

const collectNow = command('collect garbage at once', async (model, site) => {
  await collect(site.store);
  acceptCollection(model, site.store, REPOSITORIES);
  await assertSame(model, site);
});

const look = command('look at everything', assertSame);

const TagPage = z.object({ tags: z.array(z.string()) });
const CatalogPage = z.object({ repositories: z.array(z.string()) });

function listTags(repository: string, n: number, last: string): Command {
  return command(`list tags of ${repository}, n=${n}, last=${last}`, async (model, site) => {
    const held = model.repository(repository);
    const answer = await site.client.send('GET', `/v2/${repository}/tags/list?n=${n}&last=${last}`);
    if (!held.isKnown) return assertAnswer(answer, { status: 404, code: 'NAME_UNKNOWN' });
    const wanted = [...held.tags.keys()].sort().filter((tag) => tag > last);
    assert.deepEqual(TagPage.parse(JSON.parse(answer.body.toString())).tags, wanted.slice(0, n));
    assert.equal(answer.headers.link !== undefined, n > 0 && wanted.length > n);
  });
}

function listRepositories(n: number, last: string): Command {
  return command(`list repositories, n=${n}, last=${last}`, async (model, site) => {
    const answer = await site.client.send('GET', `/v2/_catalog?n=${n}&last=${last}`);
    const wanted = model.catalog().filter((name) => name > last);
    assert.deepEqual(CatalogPage.parse(JSON.parse(answer.body.toString())).repositories, wanted.slice(0, n));
    assert.equal(answer.headers.link !== undefined, n > 0 && wanted.length > n);
  });
}

const ReferrerIndex = z.object({ manifests: z.array(z.record(z.string(), z.unknown())) });

function listReferrers(repository: string, subject: string, artifactType: string): Command {
  const path = `/v2/${repository}/referrers/${subject}?artifactType=${encodeURIComponent(artifactType)}`;
  return command(`GET ${path}`, async (model, site) => {
    const answer = await site.client.send('GET', path);
    const wanted = SUBJECTS.filter((each) => each === subject)
      .flatMap((each) => model.repository(repository).referrers(each))
      .map(({ listed }) => listed)
      .filter((listed) => 'artifactType' in listed && listed.artifactType === artifactType);
    assert.deepEqual(ReferrerIndex.parse(JSON.parse(answer.body.toString())).manifests, wanted);
    assert.equal(answer.headers['oci-filters-applied'], 'artifactType');
  });
}

function readRange(repository: string, name: string, first: number, length: number): Command {
  const range = `bytes=${first}-${first + length - 1}`;
  return command(`GET ${range} of ${name} in ${repository}`, async (model, site) => {
    const { digest, bytes } = specimenOf(name);
    const path = `/v2/${repository}/blobs/${digest}`;
    const answer = await site.client.send('GET', path, { headers: { range } });
    if (!model.repository(repository).sees(digest))
      return assertAnswer(answer, { status: 404, code: 'BLOB_UNKNOWN' });
    if (first >= bytes.byteLength) return assertAnswer(answer, { status: 416 });
    assert.equal(answer.status, 206);
    assert.deepEqual(answer.body, bytes.subarray(first, first + length));
  });
}

/** All that can be seen of the registry is what the model says. */
async function assertSame(model: RegistryModel, { client }: Site): Promise<void> {
  const catalog = await client.send('GET', '/v2/_catalog');
  assert.deepEqual(CatalogPage.parse(JSON.parse(catalog.body.toString())).repositories, model.catalog());
  for (const repository of REPOSITORIES)
    assert.deepEqual(
      await observe(client, repository),
      observationOf(model.repository(repository)),
      repository,
    );
}

function assertAnswer(answer: Answer | undefined, expected: Expected | undefined): void {
  const text = answer?.body.subarray(0, 500).toString() ?? 'no answer';
  assert.equal(answer?.status, expected?.status, text);
  if (expected?.code !== undefined) assert.deepEqual(answer?.codes, [expected.code], text);
  for (const [name, value] of Object.entries(expected?.headers ?? {}))
    assert.equal(answer?.headers[name], value, name);
  if (expected?.warns !== undefined) assert.equal(answer?.headers.warning !== undefined, expected.warns);
}

const repository = fc.constantFrom(...REPOSITORIES);
const n = fc.nat(4);
const atOnce = fc
  .tuple(...REPOSITORIES.map((to) => anyOperation.map((operation) => ({ ...operation, to }))))
  .map((operations) => operations.filter((operation) => operation.do !== 'mount'));

/** What may happen to a registry. */
export const anyCommands: fc.Arbitrary<Iterable<Command>> = fc.commands(
  [
    ...Array.from({ length: 6 }, () => anyOperation.map(operate)),
    atOnce.map(operateAtOnce),
    fc
      .tuple(fc.constantFrom('closed', 'abruptly'), fc.constantFrom(...DAMAGES))
      .map(([how, damage]) => restart(how, damage)),
    fc.constant(look),
    fc.constant(collectNow),
    fc.constant(collectLater),
    fc.tuple(repository, n, fc.constantFrom('', 'V', 'latest', 'v1')).map((page) => listTags(...page)),
    fc.tuple(n, fc.constantFrom('', 'a', 'team')).map((page) => listRepositories(...page)),
    fc
      .tuple(repository, fc.constantFrom(...SUBJECTS), fc.constantFrom(...ARTIFACT_TYPES))
      .map((question) => listReferrers(...question)),
    fc
      .tuple(repository, fc.constantFrom(...BLOBS), fc.nat(6000), fc.integer({ min: 1, max: 6000 }))
      .map((question) => readRange(...question)),
  ],
  { size: 'max', maxCommands: 120 },
);
