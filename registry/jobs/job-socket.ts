import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

const NAME = 'control.sock';
/** unix(7): sun_path has 108 bytes on Linux, 104 elsewhere, with a zero at the end. */
const MAX_PATH = 103;

/** Where a registry takes orders from commands on the same machine. Who may open the folder may give them. */
export interface JobSocket {
  readonly path: string;
  /** After the socket was opened or connected. */
  close(): Promise<void>;
}

/** A path of the socket in a store's folder that is short enough; undefined where the system has none. */
export async function jobSocket(folder: string): Promise<JobSocket | undefined> {
  const path = join(folder, NAME);
  if (Buffer.byteLength(path) <= MAX_PATH) return { path, close: async () => {} };
  if (process.platform !== 'linux') return undefined;
  const handle: FileHandle = await open(folder, 'r');
  return { path: `/proc/self/fd/${handle.fd}/${NAME}`, close: async () => await handle.close() };
}
