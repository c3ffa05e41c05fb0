import type { ChannelSource } from '../client/source.ts';
import { formatMetadata, metaFileOf, parseSnapshot, parseTimestamp } from '../metadata/metadata-file.ts';
import { signMetadata } from '../metadata/signer.ts';
import { changeKeys } from '../vendor/channel-workshop.ts';
import { draftProduct, draftSnapshot, draftTimestamp } from '../vendor/draft.ts';
import { LIFETIMES } from '../vendor/lifetimes.ts';
import { NOW, type TestChannel } from './channel.ts';

const expires = NOW + 365 * 24 * 60 * 60 * 1000;

/** What somebody makes of a channel who has stolen its online key and that of a product line: all numbers are huge. */
export async function fastForwarded(channel: TestChannel, version: number): Promise<ChannelSource> {
  const { source, signers } = channel;
  const timestamp = parseTimestamp(Buffer.from(await channel.read('timestamp.json')), 'timestamp');
  const now = timestamp.signed.snapshotMeta.version;
  const { signed } = parseSnapshot(Buffer.from(await channel.read(`${now}.snapshot.json`)), 'snapshot');
  const product = draftProduct({ version, expires }, []);
  signMetadata(product, signers.product);
  const productBytes = formatMetadata(product);
  const meta = { ...signed.meta, 'skerry.json': metaFileOf(productBytes, version) };
  const snapshot = draftSnapshot({ version, expires }, meta);
  signMetadata(snapshot, signers.online);
  const snapshotBytes = formatMetadata(snapshot);
  const next = draftTimestamp({ version, expires }, metaFileOf(snapshotBytes, version));
  signMetadata(next, signers.online);
  const files: Readonly<Record<string, Uint8Array>> = {
    [`${version}.skerry.json`]: productBytes,
    [`${version}.snapshot.json`]: snapshotBytes,
    'timestamp.json': formatMetadata(next),
  };
  return {
    name: 'made with stolen keys',
    read: async (file, limit, signal) => files[file] ?? (await source.read(file, limit, signal)),
  };
}

/** The vendor's answer: other keys. Those that are not named stay; the root is signed by the old root keys as well. */
export async function rotateKeys(
  channel: TestChannel,
  changed: Partial<TestChannel['signers']>,
): Promise<void> {
  const { roots } = channel.signers;
  Object.assign(channel.signers, changed);
  await changeKeys(channel.workshop, channel.keys(), NOW, LIFETIMES);
  await channel.sign(roots);
  await channel.publish();
}
