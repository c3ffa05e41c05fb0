import { folderSource } from '../../../channel/client/folder-source.ts';
import { firstState } from '../../../channel/client/trusted-state.ts';
import { updateChannel } from '../../../channel/client/update.ts';
import { NOW, TestChannel } from '../../../channel/testing/channel.ts';
import { release } from '../../../channel/testing/release.ts';
import { editReleases, initChannel } from '../../../channel/vendor/channel-workshop.ts';
import { LIFETIMES } from '../../../channel/vendor/lifetimes.ts';

/** What it costs to verify a channel from its first root, in seconds of processor time. */
export async function channelCost(folder: string, releases: number): Promise<number> {
  const channel = new TestChannel(folder);
  await initChannel(channel.workshop, channel.keys(), NOW, LIFETIMES);
  const all = Array.from({ length: releases }, (_, index) =>
    release(`1.${Math.floor(index / 20)}.${index % 20}`),
  );
  await editReleases(channel.workshop, 'skerry', () => all, NOW, LIFETIMES);
  await channel.publish();
  const state = firstState(await channel.read('1.root.json'));
  const before = process.cpuUsage();
  await updateChannel(folderSource(channel.workshop.published), state, { clock: NOW });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000_000;
}
