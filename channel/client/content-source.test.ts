import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isSkerryError } from '../../content/error.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { writeChannelArtifact } from '../metadata/channel-artifact.ts';
import { NOW, testChannel } from '../testing/channel.ts';
import { release } from '../testing/release.ts';
import { contentSource } from './content-source.ts';
import { updateChannel } from './update.ts';

const NAME = { repository: 'skerry/channel', tag: 'latest' };

test('a channel in a registry is the same bytes as on a stick', async () => {
  const channel = await testChannel(release('1.0.0'));
  const names = await readdir(channel.workshop.published);
  const files = new Map(
    await Promise.all(
      names.map(async (name) => [name, await readFile(join(channel.workshop.published, name))] as const),
    ),
  );
  const store = new MemoryStore();
  const written = await writeChannelArtifact(store, NAME, files);
  assert.equal((await writeChannelArtifact(store, NAME, files)).digest, written.digest);
  const source = await contentSource(store, NAME);
  for (const [name, bytes] of files)
    assert.deepEqual(await source.read(name, 1_000_000, new AbortController().signal), bytes);
  const state = await channel.firstState();
  const fromRegistry = await updateChannel(source, state, { clock: NOW });
  assert.deepEqual(fromRegistry, await updateChannel(channel.source, state, { clock: NOW }));
  await assert.rejects(source.read('timestamp.json', 10, new AbortController().signal), (error) =>
    isSkerryError(error, 'CHANNEL_TOO_LARGE'),
  );
  await assert.rejects(contentSource(new MemoryStore(), NAME), (error) =>
    isSkerryError(error, 'CHANNEL_NOT_FOUND'),
  );
});
