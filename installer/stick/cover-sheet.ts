import semver from 'semver';
import type { LockedRelease } from '../../bundle/locked-release.ts';
import type { Digest } from '../../content/digest.ts';
import { formatBytes } from '../terminal/units.ts';

interface CoverFile {
  readonly name: string;
  readonly size: number;
  readonly digest: Digest;
}

/** A release on a stick. */
export interface CoverRelease {
  readonly release: LockedRelease;
  readonly releaseDigest: string;
  /** The bundle, or its volumes. */
  readonly files: readonly CoverFile[];
}

export interface CoverFacts extends CoverRelease {
  /** Releases beside it. */
  readonly others?: readonly CoverRelease[] | undefined;
  readonly fingerprint: string;
  /** What lies beside the bundles. */
  readonly besides: readonly CoverFile[];
}

/**
 * The sheet that lies on a stick for whoever carries it: what it is, how it is checked, what is in it. Has no date
 * and no host in it: the same releases give the same sheet.
 */
export function coverSheet({ others = [], fingerprint, besides, ...one }: CoverFacts): string {
  const releases = [one, ...others].sort((a, b) => semver.compare(a.release.version, b.release.version));
  return releases.length === 1
    ? sheetOfOne(one, fingerprint, besides)
    : sheetOfMany(releases, fingerprint, besides);
}

function sheetOfOne(one: CoverRelease, fingerprint: string, besides: CoverFacts['besides']): string {
  return [
    ...titleOf(`${one.release.name} ${one.release.version}`),
    ...(one.release.description === '' ? [] : ['', one.release.description]),
    '',
    ...factsOf(one),
    `Signed with           ${fingerprint}`,
    ...(isInstalled(one) ? installLines('.') : copyLines([one])),
    ...checkLines('.', one.files),
    ...fileLines([...besides, ...one.files]),
    ...contentLines(one),
  ].join('\n');
}

function sheetOfMany(
  releases: readonly CoverRelease[],
  fingerprint: string,
  besides: CoverFacts['besides'],
): string {
  const installed = releases.filter(isInstalled);
  const contents = releases.filter((one) => !isInstalled(one));
  const last = (installed.at(-1) ?? releases.at(-1))?.files[0]?.name ?? '';
  return [
    ...titleOf(titleOfMany(releases)),
    '',
    `Signed with           ${fingerprint}`,
    ...releases.flatMap((one) => ['', `${one.release.name} ${one.release.version}`, ...factsOf(one)]),
    ...(installed.length === 0 ? [] : installLines(last)),
    ...(installed.length < 2 ? [] : upgradeLines()),
    ...(contents.length === 0 ? [] : copyLines(contents)),
    ...checkLines(last, releases.find(({ files }) => files[0]?.name === last)?.files ?? []),
    ...fileLines([...besides, ...releases.flatMap(({ files }) => files)]),
    ...releases.flatMap((one) => [
      ...titleOf(`${one.release.name} ${one.release.version}`),
      '',
      ...contentLines(one),
    ]),
  ].join('\n');
}

function isInstalled({ release }: CoverRelease): boolean {
  return release.registry !== undefined;
}

/** `demo 1.0.0, 1.1.0 and nodes 1.34.4`. */
function titleOfMany(releases: readonly CoverRelease[]): string {
  const versions = new Map<string, string[]>();
  for (const { release } of releases)
    versions.set(release.name, [...(versions.get(release.name) ?? []), release.version]);
  return [...versions].map(([name, all]) => `${name} ${all.join(', ')}`).join(' and ');
}

function titleOf(title: string): string[] {
  return [title, '='.repeat(title.length)];
}

function factsOf({ release, releaseDigest, files }: CoverRelease): string[] {
  const [bundle, ...more] = files;
  const size = formatBytes(files.reduce((sum, file) => sum + file.size, 0));
  return [
    `Kubernetes versions   ${release.kubernetes}`,
    more.length === 0
      ? `Bundle                ${bundle?.name}, ${size}`
      : `Bundle                ${files.length} volumes, ${bundle?.name} to ${more.at(-1)?.name}, ${size}; all are needed`,
    `Release               ${releaseDigest}`,
  ];
}

function installLines(what: string): string[] {
  return [
    '',
    'INSTALL',
    '',
    'On a workstation that reaches the cluster, with KUBECONFIG set and this stick mounted:',
    '',
    `    ./skerry install ${what} --key VENDOR.pub`,
    '',
    'VENDOR.pub is the vendor’s public key. Take it from the vendor, not from this stick; its',
    'fingerprint is the one above. Nothing else is needed, and nothing is fetched from anywhere.',
    'An installation that was interrupted goes on when the same command is run again.',
  ];
}

function upgradeLines(): string[] {
  return [
    '',
    'UPGRADE',
    '',
    '    ./skerry upgrade . --plan         says which way it takes over these releases, and what for',
    '    ./skerry upgrade .',
  ];
}

function copyLines(releases: readonly CoverRelease[]): string[] {
  return [
    '',
    'BRING TO A REGISTRY',
    '',
    'Content that nothing is installed of. What the registry has already is skipped:',
    '',
    ...releases.map(({ files }) => `    ./skerry copy ${files[0]?.name} https://REGISTRY`),
  ];
}

function checkLines(what: string, files: readonly CoverFile[]): string[] {
  const one = files.at(-1)?.name ?? '';
  return [
    '',
    'CHECK',
    '',
    `    ./skerry bundle verify ${what} --key VENDOR.pub     signature, and every byte of the bundle`,
    ...(files.length < 2
      ? []
      : [`    ./skerry bundle verify ${one} --key VENDOR.pub     this one volume, wherever the others are`]),
    '    sha256sum -c SHA256SUMS                       every file, with ordinary tools',
    '',
  ];
}

function fileLines(files: readonly CoverFile[]): string[] {
  return [
    'FILES',
    '',
    ...files.map(
      (file) =>
        `  ${file.digest.replace('sha256:', '')}  ${formatBytes(file.size).padStart(8)}  ${file.name}`,
    ),
    '',
  ];
}

function contentLines({ release }: CoverRelease): string[] {
  const components = [
    'COMPONENTS, in the order in which they are installed',
    '',
    ...release.components.map(
      ({ name: component, namespace, chart }) =>
        `  ${component.padEnd(20)} ${chart.tag.padEnd(12)} in ${namespace}`,
    ),
    '',
  ];
  const carried = (release.files ?? []).flatMap(({ artifact, file, size, digest }) => [
    `  ${artifact.repository}:${artifact.tag}  ${file}, ${formatBytes(size)}`,
    `      ${digest}`,
  ]);
  return [
    ...(release.components.length === 0 ? [] : components),
    ...(carried.length === 0 ? [] : ['FILES THAT TRAVEL ALONG', '', ...carried, '']),
    'PACKS',
    '',
    ...(release.packs.length === 0 ? ['  none'] : []),
    ...release.packs.map((pack) => `  ${pack.name.padEnd(20)} ${pack.version}`),
    '',
    'IMAGES',
    '',
    ...release.images.flatMap(({ reference, digest }) => [`  ${reference}`, `      ${digest}`]),
    '',
  ];
}
