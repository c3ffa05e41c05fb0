import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAddress } from '../../../../bundle/location.ts';
import { writeChannelArtifact } from '../../../../channel/metadata/channel-artifact.ts';
import { publishChannel } from '../../../../channel/vendor/publish.ts';
import { signings } from '../../../../channel/vendor/sign.ts';
import { Workshop } from '../../../../channel/vendor/workshop.ts';
import { replaceFile } from '../../../../content/bytes/blob-file.ts';
import { digestOf } from '../../../../content/digest.ts';
import { openTarget } from '../../../copy/content-location.ts';
import { CHANNEL_FOLDER, CHANNEL_NAME } from '../../../site-channel/channel-place.ts';
import { openSigningKey } from '../../../stick/keys.ts';
import { addToSums } from '../../../stick/sums.ts';
import { type Console, print } from '../../../terminal/console.ts';
import { channelSigner } from '../channel-signer.ts';
import type { PublishCommandOptions } from '../publish.ts';
import { rootFingerprint } from '../root-trust.ts';

export async function runPublish(
  console: Console,
  folder: string,
  options: PublishCommandOptions,
  output: 'text' | 'json',
  signal: AbortSignal,
): Promise<void> {
  const workshop = new Workshop(folder);
  const published = await publishNew(console, workshop, options);
  const files = await readPublished(workshop);
  for (const place of options.to ?? []) await put(console, place, files, options, signal);
  const fingerprint = await rootFingerprint(workshop);
  const result = { files: [...files.keys()], published, to: options.to ?? [], rootFingerprint: fingerprint };
  print(console, output, result, () =>
    [
      ...(published === undefined ? [] : [`edition ${published}, ${files.size} files`]),
      ...(options.to ?? []).map((place) => `written to ${place}`),
      `fingerprint of the first root: ${fingerprint}`,
      'give it to the sites by another way than the channel',
    ].join('\n'),
  );
}

async function publishNew(console: Console, workshop: Workshop, { key, days }: PublishCommandOptions) {
  if (key === undefined && (await signings(workshop)).length === 0 && (await workshop.newest('snapshot')) > 0)
    return undefined;
  const keys = await Promise.all((key ?? []).map((file) => openSigningKey(file, console.env)));
  const expires = Date.now() + days * 86_400_000;
  const { snapshot } = await publishChannel(workshop, {
    signers: keys.map((found) => channelSigner(found.key)),
    expires: { snapshot: expires, timestamp: expires },
  });
  return snapshot;
}

async function readPublished(workshop: Workshop): Promise<Map<string, Uint8Array>> {
  const names = await workshop.list(workshop.published);
  return new Map(
    await Promise.all(
      names.map(
        async (name): Promise<[string, Uint8Array]> => [name, await readFile(join(workshop.published, name))],
      ),
    ),
  );
}

async function put(
  console: Console,
  place: string,
  files: ReadonlyMap<string, Uint8Array>,
  login: PublishCommandOptions,
  signal: AbortSignal,
): Promise<void> {
  if (isAddress(place)) {
    const target = await openTarget(place, login, console.env);
    try {
      await writeChannelArtifact(target.store, CHANNEL_NAME, files, { signal });
    } finally {
      await target.close();
    }
    return;
  }
  const folder = join(place, CHANNEL_FOLDER);
  await mkdir(folder, { recursive: true });
  // The timestamp leads to the rest, so it comes last.
  const order = [...files.keys()].sort(
    (a, b) => Number(a === 'timestamp.json') - Number(b === 'timestamp.json'),
  );
  for (const name of order) await replaceFile(join(folder, name), files.get(name) ?? Buffer.of());
  await addToSums(
    place,
    [...files].map(([name, bytes]) => ({ name: `${CHANNEL_FOLDER}/${name}`, digest: digestOf(bytes) })),
  );
}
