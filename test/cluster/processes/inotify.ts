import { readFile, writeFile } from 'node:fs/promises';

const INSTANCES = '/proc/sys/fs/inotify/max_user_instances';
/** A cluster takes about 20, and most machines give 128 to all that root runs. */
const ENOUGH = 1024;

/** Lets several clusters run at once: a kubelet that gets no inotify instance ends. */
export async function raiseInotifyLimit(): Promise<void> {
  if (Number(await readFile(INSTANCES, 'utf8')) >= ENOUGH) return;
  // Where it may not be raised, what there is must do.
  await writeFile(INSTANCES, String(ENOUGH)).catch(() => undefined);
}
