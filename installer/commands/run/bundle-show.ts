import { peekRelease } from '../../../bundle/release-bundle.ts';
import { inWords } from '../../../bundle/volume/volume.ts';
import { findStick } from '../../stick/stick.ts';
import { type Console, type OutputFormat, print } from '../../terminal/console.ts';
import { formatBytes } from '../../terminal/units.ts';
import { volumesOf } from '../bundle/volumes-here.ts';

export async function runShow(console: Console, path: string, output: OutputFormat): Promise<void> {
  const stick = await findStick(path);
  const { release, address, store } = await peekRelease(stick.bundle);
  const { bytes, missing } = store;
  const { volumes } = volumesOf(store);
  await store.close();
  print(console, output, { ...release, digest: address.digest, bytes, volumes }, () =>
    [
      `${release.name} ${release.version}, ${formatBytes(bytes)}, Kubernetes ${release.kubernetes}`,
      address.digest,
      ...(volumes === undefined ? [] : [`in ${volumes.total} volumes of set ${volumes.set}`]),
      ...(missing.length === 0 ? [] : [`not here: volume ${inWords(missing)}`]),
      '',
      ...release.components.map(
        (component) => `component  ${component.name}  ${component.chart.tag}  in ${component.namespace}`,
      ),
      ...release.packs.map((pack) => `pack       ${pack.name}  ${pack.version}`),
      ...(release.files ?? []).map(
        ({ file, size, artifact }) =>
          `file       ${artifact.repository}:${artifact.tag}  ${file}, ${formatBytes(size)}`,
      ),
      ...release.images.map((image) => `image      ${image.reference}  ${image.digest}`),
    ].join('\n'),
  );
}
