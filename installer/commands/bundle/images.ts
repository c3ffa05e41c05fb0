import { Command } from 'commander';
import { globalOptions } from '../../terminal/cli-options.ts';
import type { Console } from '../../terminal/console.ts';

export interface ImagesCommandOptions {
  readonly why?: string;
  readonly helm?: string;
}

export function imagesCommand(console: Console): Command {
  return new Command('images')
    .argument('<release>', 'a release.yaml, or a stick’s folder or a bundle that was made of one')
    .option('--why <image>', 'explain this one: where it was found, and what became of it')
    .option('--helm <file>', 'the helm program that renders charts')
    .addHelpText(
      'after',
      '\nExample:\n  skerry bundle images manifests/release.yaml --why registry.skerry.example/pause:1.0.0',
    )
    .action(async (release: string, options: ImagesCommandOptions, command: Command) => {
      const { runImages } = await import('../run/bundle-images.ts');
      await runImages(console, release, options, globalOptions(command).output);
    });
}
