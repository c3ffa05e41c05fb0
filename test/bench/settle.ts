import { command } from '../cluster/processes/command.ts';

/** Waits until the disk below `folder` has taken what earlier runs left in memory: it would slow down the next one. */
export async function settleDisk(folder: string): Promise<void> {
  await command('sync', ['-f', folder], { timeout: 120_000 });
}
