import type { LockedRelease } from '../../bundle/locked-release.ts';
import { formatBytes } from '../terminal/units.ts';

export interface CoverFacts {
  readonly release: LockedRelease;
  readonly releaseDigest: string;
  readonly fingerprint: string;
  readonly bundle: { readonly name: string; readonly size: number; readonly digest: string };
  readonly files: readonly { readonly name: string; readonly size: number; readonly digest: string }[];
}

/**
 * The sheet that lies on a stick for whoever carries it: what it is, how it is checked, what is in it. Has no date
 * and no host in it: the same release gives the same sheet.
 */
export function coverSheet({ release, releaseDigest, fingerprint, bundle, files }: CoverFacts): string {
  const { name, version } = release;
  const title = `${name} ${version}`;
  return [
    title,
    '='.repeat(title.length),
    ...(release.description === '' ? [] : ['', release.description]),
    '',
    `Kubernetes versions   ${release.kubernetes}`,
    `Bundle                ${bundle.name}, ${formatBytes(bundle.size)}`,
    `Release               ${releaseDigest}`,
    `Signed with           ${fingerprint}`,
    '',
    'INSTALL',
    '',
    'On a workstation that reaches the cluster, with KUBECONFIG set and this stick mounted:',
    '',
    '    ./skerry install . --key VENDOR.pub',
    '',
    'VENDOR.pub is the vendor’s public key. Take it from the vendor, not from this stick; its',
    'fingerprint is the one above. Nothing else is needed, and nothing is fetched from anywhere.',
    'An installation that was interrupted goes on when the same command is run again.',
    '',
    'CHECK',
    '',
    '    ./skerry bundle verify . --key VENDOR.pub     signature, and every byte of the bundle',
    '    sha256sum -c SHA256SUMS                       every file, with ordinary tools',
    '',
    'FILES',
    '',
    ...[...files, bundle].map(
      (file) =>
        `  ${file.digest.replace('sha256:', '')}  ${formatBytes(file.size).padStart(8)}  ${file.name}`,
    ),
    '',
    'COMPONENTS, in the order in which they are installed',
    '',
    ...release.components.map(
      ({ name: component, namespace, chart }) =>
        `  ${component.padEnd(20)} ${chart.tag.padEnd(12)} in ${namespace}`,
    ),
    '',
    'PACKS',
    '',
    ...(release.packs.length === 0 ? ['  none'] : []),
    ...release.packs.map((pack) => `  ${pack.name.padEnd(20)} ${pack.version}`),
    '',
    'IMAGES',
    '',
    ...release.images.flatMap(({ reference, digest }) => [`  ${reference}`, `      ${digest}`]),
    '',
  ].join('\n');
}
