import { type EmbeddedFile, unpackFiles } from '../http/embedded-file.ts';

/** The files as packFiles makes them, where everything is built into one program; scripts/bundle-code.ts puts it here. */
declare const CONSOLE_FILES: string | undefined;

/** The files of the console by path: those that the program was built with, or built now where it runs from its sources. */
export async function consoleFiles(): Promise<ReadonlyMap<string, EmbeddedFile>> {
  return new Map((await allFiles()).map((file) => [file.path, file]));
}

async function allFiles(): Promise<readonly EmbeddedFile[]> {
  // Written so that what builds does not come along where everything is built.
  if (typeof CONSOLE_FILES === 'undefined') {
    const { buildConsole } = await import('../../console/build.ts');
    return await buildConsole();
  }
  return unpackFiles(CONSOLE_FILES);
}
