import { peekRelease } from '../../../bundle/release-bundle.ts';
import { findStick } from '../../stick/stick.ts';
import { type Console, type OutputFormat, print } from '../../terminal/console.ts';
import { formatBytes } from '../../terminal/units.ts';

export async function runShow(console: Console, path: string, output: OutputFormat): Promise<void> {
  const stick = await findStick(path);
  const { release, address, store } = await peekRelease(stick.bundle);
  const bytes = store.file.size;
  await store.close();
  print(console, output, { ...release, digest: address.digest, bytes }, () =>
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
}
