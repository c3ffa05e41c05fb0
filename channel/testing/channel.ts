import { testFolder } from '../../content/testing/folder.ts';
import { folderSource } from '../client/folder-source.ts';
import type { ChannelSource } from '../client/source.ts';
import { firstState, type TrustedState } from '../client/trusted-state.ts';
import type { ChannelRelease } from '../metadata/release-target.ts';
import type { Signer } from '../metadata/signer.ts';
import { editReleases, initChannel } from '../vendor/channel-workshop.ts';
import type { ChannelKeys } from '../vendor/draft.ts';
import { addRelease } from '../vendor/edit-releases.ts';
import { LIFETIMES } from '../vendor/lifetimes.ts';
import { publishChannel } from '../vendor/publish.ts';
import { signStaged } from '../vendor/sign.ts';
import { Workshop } from '../vendor/workshop.ts';
import { testSigner } from './signer.ts';

export const NOW = Date.UTC(2026, 10, 28);

/** A vendor with two root keys, one for each other role. */
export class TestChannel {
  readonly workshop: Workshop;
  readonly signers = {
    roots: [testSigner(), testSigner()],
    targets: testSigner(),
    product: testSigner(),
    online: testSigner(),
  };

  constructor(folder: string) {
    this.workshop = new Workshop(folder);
  }

  keys(roots: readonly Signer[] = this.signers.roots): ChannelKeys {
    const only = ({ publicPem }: Signer) => ({ keys: [publicPem], threshold: 1 });
    return {
      root: { keys: roots.map(({ publicPem }) => publicPem), threshold: roots.length },
      targets: only(this.signers.targets),
      snapshot: only(this.signers.online),
      timestamp: only(this.signers.online),
      products: { skerry: only(this.signers.product) },
    };
  }

  async add(...releases: readonly ChannelRelease[]): Promise<void> {
    for (const each of releases)
      await editReleases(this.workshop, 'skerry', (all) => addRelease(all, each), NOW, LIFETIMES);
  }

  async sign(
    signers: readonly Signer[] = [...this.signers.roots, this.signers.targets, this.signers.product],
  ) {
    for (const signer of signers) await signStaged(this.workshop, signer).catch(() => undefined);
  }

  async publish(now = NOW) {
    await this.sign();
    const expires = { snapshot: now + LIFETIMES.snapshot, timestamp: now + LIFETIMES.timestamp };
    return await publishChannel(this.workshop, { signers: [this.signers.online], expires });
  }

  get source(): ChannelSource {
    return folderSource(this.workshop.published);
  }

  async read(file: string): Promise<string> {
    return Buffer.from((await this.workshop.readPublished(file)) ?? '').toString('utf8');
  }

  async firstState(): Promise<TrustedState> {
    return firstState(await this.read('1.root.json'));
  }
}

export async function testChannel(...releases: readonly ChannelRelease[]): Promise<TestChannel> {
  const channel = new TestChannel(await testFolder('channel'));
  await initChannel(channel.workshop, channel.keys(), NOW, LIFETIMES);
  await channel.add(...releases);
  await channel.publish();
  return channel;
}
