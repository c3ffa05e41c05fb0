import { peekRelease } from '../../../../bundle/release-bundle.ts';
import { channelError } from '../../../../channel/errors.ts';
import type { ChannelRelease } from '../../../../channel/metadata/release-target.ts';
import { editReleases } from '../../../../channel/vendor/channel-workshop.ts';
import { addRelease } from '../../../../channel/vendor/edit-releases.ts';
import { LIFETIMES } from '../../../../channel/vendor/lifetimes.ts';
import { Workshop } from '../../../../channel/vendor/workshop.ts';
import { findStick } from '../../../stick/stick.ts';
import type { Console, OutputFormat } from '../../../terminal/console.ts';
import type { AddOptions } from '../add.ts';
import { printSignings } from '../signing-report.ts';

export async function runAdd(
  console: Console,
  folder: string,
  stick: string,
  options: AddOptions,
  output: OutputFormat,
): Promise<void> {
  const workshop = new Workshop(folder);
  const release = await releaseOn(stick, options);
  const { product } = release;
  await editReleases(workshop, product, (all) => addRelease(all, release), Date.now(), LIFETIMES);
  await printSignings(console, output, workshop, { added: release });
}

async function releaseOn(path: string, { from, stop, stable, product }: AddOptions): Promise<ChannelRelease> {
  const { bundle } = await findStick(path);
  const { store, address, release } = await peekRelease(bundle);
  try {
    const manifest = await store.readManifest(address.repository, address.digest);
    if (manifest === undefined) throw channelError('CHANNEL_RELEASE_MISMATCH', { subject: bundle });
    return {
      product: product ?? release.name,
      version: release.version,
      digest: address.digest,
      size: manifest.bytes.byteLength,
      repository: address.repository,
      from: from === 'none' ? '' : from,
      stop,
      kubernetes: release.kubernetes,
      track: stable ? 'stable' : 'candidate',
    };
  } finally {
    await store.close();
  }
}
