import { Command } from 'commander';
import { postRender } from '../../apply/post-render.ts';
import { globalOptions } from '../cli-options.ts';

/** A filter that Helm runs as its post-renderer; people have no use for it. */
export function rewriteImagesCommand(): Command {
  return new Command('rewrite-images')
    .argument('<map>')
    .action(async (map: string, _: unknown, command: Command) => {
      globalOptions(command);
      await postRender({
        input: process.stdin,
        output: process.stdout,
        mapFile: map,
        errorFile: process.env.SKERRY_POST_RENDER_ERRORS,
      });
    });
}
