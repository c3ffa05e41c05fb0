import { stat } from 'node:fs/promises';
import { messageOf } from '../content/error.ts';

export interface WatchOptions<T> {
  readonly paths: readonly string[];
  readonly read: () => Promise<T>;
  /** Called with what the files hold now. What it throws counts as a failure to read. */
  readonly onChange: (value: T) => void;
  /** Called with the reason why what the files hold now is of no use; once for as long as it is the same. */
  readonly onFailure: (error: unknown) => void;
  /** Milliseconds between looks; ten seconds when absent. */
  readonly every?: number | undefined;
}

export interface WatchedFiles<T> {
  /** What the files held at first. */
  readonly first: T;
  /** Looks now, and reads again if something changed. */
  look(): Promise<void>;
  stop(): void;
}

const EVERY = 10_000;

/**
 * Reads files, and again whenever one of them was replaced or rewritten. They are looked at from time to time and not
 * watched: Kubernetes swaps a link two levels up when a Secret changes, and network file systems send no events. Whatever
 * `read` throws the first time is thrown.
 */
export async function watchFiles<T>(options: WatchOptions<T>): Promise<WatchedFiles<T>> {
  const { paths, read, onChange, onFailure, every = EVERY } = options;
  // Taken before reading: what changes in between is then seen as a change.
  let seen = await stateOf(paths);
  const first = await read();
  let told: string | undefined;
  const look = async () => {
    const now = await stateOf(paths);
    if (now === seen) {
      told = undefined;
      return;
    }
    try {
      onChange(await read());
      [seen, told] = [now, undefined];
    } catch (error) {
      // Tried again at the next look, though nothing changed: the files may be fine, and reading them failed.
      const telling = `${now}\n${messageOf(error)}`;
      if (telling !== told) onFailure(error);
      told = telling;
    }
  };
  let looking = false;
  const lookInTurn = async () => {
    if (looking) return;
    looking = true;
    await look();
    looking = false;
  };
  const timer = setInterval(() => void lookInTurn(), every).unref();
  return { first, look, stop: () => clearInterval(timer) };
}

async function stateOf(paths: readonly string[]): Promise<string> {
  const states = await Promise.all(paths.map(stateOfOne));
  return states.join('\n');
}

async function stateOfOne(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    // What it means is up to the reader.
    return messageOf(error);
  }
}
