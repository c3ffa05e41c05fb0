import type { CreatedBundle, PlannedBundle } from '../../bundle/create.ts';
import { formatBytes } from '../units.ts';

export function createResult(
  { path, address, release, plan, copied, leftOut }: CreatedBundle,
  fingerprint: string,
  durationMs: number,
) {
  return {
    bundle: copied === undefined ? null : path,
    release: { name: release.name, version: release.version, digest: address.digest },
    fingerprint,
    bytes: plan.bytes,
    bytesCopied: copied?.bytesCopied ?? 0,
    images: release.images.map(({ reference, digest }) => ({ reference, digest })),
    leftOut,
    packs: release.packs.map(({ name, version }) => ({ name, version })),
    durationMs,
  };
}

export function describeCreated(created: CreatedBundle, folder: string, fingerprint: string): string {
  const { release, address, plan, copied, path } = created;
  return [
    ...describePlanned(created),
    '',
    `release    ${release.name} ${release.version}  ${address.digest}`,
    `signed by  ${fingerprint}`,
    copied === undefined
      ? `dry run    nothing was written; the bundle would have ${formatBytes(plan.bytes)}`
      : `bundle     ${path}  ${formatBytes(plan.bytes)}`,
    ...(copied === undefined
      ? []
      : ['', `Next: carry ${folder} to the island and run  ./skerry install . --key VENDOR.pub`]),
  ].join('\n');
}

function describePlanned({ release, discoveries, leftOut }: PlannedBundle): string[] {
  const why = new Map(discoveries.map(({ reference, where }) => [reference, where]));
  return [
    ...release.images.flatMap(({ reference, digest }) => [
      reference,
      `    ${digest}  ${(why.get(reference) ?? '').split(' spec.')[0]}`,
    ]),
    ...(leftOut.length === 0
      ? []
      : ['', 'Left out, though it looks like an image; name what is needed under images in the release:']),
    ...leftOut.flatMap(({ reference, where, reason }) => [reference, `    ${reason}  ${where}`]),
  ];
}
