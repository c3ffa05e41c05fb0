import { Command } from 'commander';
import { peekRelease } from '../../bundle/release-bundle.ts';
import { findStick } from '../stick/stick.ts';
import { globalOptions } from '../terminal/cli-options.ts';
import { type Console, print } from '../terminal/console.ts';
import { formatBytes } from '../terminal/units.ts';

export function showCommand(console: Console): Command {
  return new Command('show')
    .argument('<stick>', 'a stick’s folder or a bundle')
    .addHelpText('after', '\nExample:\n  skerry bundle show stick/ --output json')
    .action(async (path: string, _: unknown, command: Command) => {
      const stick = await findStick(path);
      const { release, address, store } = await peekRelease(stick.bundle);
      const bytes = store.file.size;
      await store.close();
      print(console, globalOptions(command).output, { ...release, digest: address.digest, bytes }, () =>
        [
          `${release.name} ${release.version}, ${formatBytes(bytes)}, Kubernetes ${release.kubernetes}`,
          address.digest,
          '',
          ...release.components.map(
            (component) => `component  ${component.name}  ${component.chart.tag}  in ${component.namespace}`,
          ),
          ...release.packs.map((pack) => `pack       ${pack.name}  ${pack.version}`),
          ...release.images.map((image) => `image      ${image.reference}  ${image.digest}`),
        ].join('\n'),
      );
    });
}
