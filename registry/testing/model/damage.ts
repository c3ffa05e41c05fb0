import { appendFile, open, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What may happen to the files of a store that is not open, without anything being lost. */
export const DAMAGES = [
  'none',
  'index deleted',
  'index deleted but for its log',
  'index full of garbage',
  'log deleted',
  'log emptied',
  'log without a header',
  'log with half a line at its end',
  'log with garbage at its end',
] as const;
export type Damage = (typeof DAMAGES)[number];

export async function damage(folder: string, what: Damage): Promise<void> {
  const [log, index] = [join(folder, 'registry.log'), join(folder, 'index.sqlite')];
  switch (what) {
    case 'none':
      return;
    case 'index deleted':
      for (const name of await readdir(folder))
        if (name.startsWith('index.sqlite')) await rm(join(folder, name));
      return;
    case 'index deleted but for its log':
      return await rm(index);
    case 'index full of garbage':
      return await writeFile(index, Buffer.alloc(20_000, 7));
    case 'log deleted':
      return await rm(log);
    case 'log emptied':
      return await truncate(log, 0);
    case 'log without a header':
      return await overwrite(log, 'what was here?');
    case 'log with half a line at its end':
      return await appendFile(log, '0badc0de [{"op":"drop-tag","repos');
    case 'log with garbage at its end':
      return await appendFile(log, Buffer.concat([Buffer.alloc(5000), Buffer.from('\n\n12345678 {}\n')]));
  }
}

async function overwrite(path: string, text: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.write(text, 0);
  } finally {
    await file.close();
  }
}
