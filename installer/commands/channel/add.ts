import { Command, InvalidArgumentError } from 'commander';
import semver from 'semver';
import { peekRelease } from '../../../bundle/release-bundle.ts';
import { channelError } from '../../../channel/errors.ts';
import type { ChannelRelease } from '../../../channel/metadata/release-target.ts';
import { editReleases, LIFETIMES } from '../../../channel/vendor/channel-workshop.ts';
import { addRelease } from '../../../channel/vendor/edit-releases.ts';
import { Workshop } from '../../../channel/vendor/workshop.ts';
import { findStick } from '../../stick/stick.ts';
import { globalOptions } from '../../terminal/cli-options.ts';
import type { Console } from '../../terminal/console.ts';
import { printSignings } from './signing-report.ts';

interface AddOptions {
  readonly from: string;
  readonly stop: boolean;
  readonly stable: boolean;
  readonly product?: string;
}

export function addCommand(console: Console): Command {
  return new Command('add')
    .description('add the release of a stick or a bundle to a channel, as a candidate')
    .argument('<folder>', 'the channel')
    .argument('<stick>', 'a stick’s folder or a bundle')
    .requiredOption(
      '--from <range>',
      'versions from which it may be reached, e.g. ">=1.0.0 <1.2.0", or none',
      parseRange,
    )
    .option('--stop', 'upgrades that pass this version must stop at it', false)
    .option('--stable', 'offer it to everybody at once', false)
    .option('--product <name>', 'the product line; the release’s own name otherwise')
    .addHelpText('after', '\nExample:\n  skerry channel add channel/ stick/ --from ">=1.0.0 <1.2.0"')
    .action(async (folder: string, stick: string, options: AddOptions, command: Command) => {
      const workshop = new Workshop(folder);
      const release = await releaseOn(stick, options);
      const { product } = release;
      await editReleases(workshop, product, (all) => addRelease(all, release), Date.now(), LIFETIMES);
      await printSignings(console, globalOptions(command).output, workshop, { added: release });
    });
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

/** `none` for a release that is only installed new. */
function parseRange(text: string): string {
  if (text === 'none') return text;
  if (text.trim() === '' || semver.validRange(text) === null)
    throw new InvalidArgumentError('a range of versions such as ">=1.0.0 <1.2.0", or none');
  return text;
}
