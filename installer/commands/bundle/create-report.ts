import { basename } from 'node:path';
import type { CreatedBundle } from '../../../bundle/create.ts';
import { describeOmission } from '../../../content/copy/omission.ts';
import { formatBytes } from '../../terminal/units.ts';
import { describeSurvey, surveyResult } from './images-report.ts';

export function createResult(
  { address, release, plan, copied, survey, warnings }: CreatedBundle,
  fingerprint: string,
  durationMs: number,
) {
  return {
    bundle: copied?.files[0]?.path ?? null,
    release: { name: release.name, version: release.version, digest: address.digest },
    fingerprint,
    bytes: plan.bytes,
    bytesCopied: copied?.bytesCopied ?? 0,
    files: copied?.files.map((file) => basename(file.path)) ?? [],
    ...surveyResult(survey),
    omissions: plan.omissions,
    warnings: warnings.map(({ code, place, detail }) => ({ code, place, detail })),
    packs: release.packs.map(({ name, version }) => ({ name, version })),
    durationMs,
  };
}

export function describeCreated(created: CreatedBundle, folder: string, fingerprint: string): string {
  const { release, address, plan, copied, survey } = created;
  const [first, ...more] = copied?.files.map(({ path }) => path) ?? [];
  return [
    ...describeSurvey(survey),
    ...describePlatforms(created),
    ...describeOmissions(created),
    ...describeWarnings(created),
    '',
    `release    ${release.name} ${release.version}  ${address.digest}`,
    `signed by  ${fingerprint}`,
    copied === undefined
      ? `dry run    nothing was written; the bundle would have ${formatBytes(plan.bytes)} of content`
      : `bundle     ${first}  ${formatBytes(plan.bytes)} of content`,
    ...more.map((path) => `           ${path}`),
    ...(copied === undefined
      ? []
      : ['', `Next: carry ${folder} to the island and run  ${next(release, first ?? '')}`]),
  ].join('\n');
}

function next({ registry }: CreatedBundle['release'], path: string): string {
  return registry === undefined
    ? `./skerry copy ${basename(path)} https://REGISTRY`
    : './skerry install . --key VENDOR.pub';
}

function describeWarnings({ warnings }: CreatedBundle): string[] {
  if (warnings.length === 0) return [];
  return [
    '',
    'Worth knowing before it travels; docs/errors.md says what to do:',
    ...warnings.flatMap(({ code, place, detail }) => [place, `    ${code}  ${detail}`]),
  ];
}

function describePlatforms({ release, plan }: CreatedBundle): string[] {
  if (release.platforms.length === 0) return [];
  const others = plan.omissions.filter(({ why }) => why === 'other-platform').length;
  return [
    '',
    `Of images for several platforms only ${release.platforms.join(', ')}: ${others} image${others === 1 ? '' : 's'} for other platforms left out`,
    ...plan.omissions
      .filter(({ why }) => why === 'platform-absent')
      .map(({ repository, what }) => `    ${repository} has nothing for ${what}`),
  ];
}

function describeOmissions({ plan }: CreatedBundle): string[] {
  const told = plan.omissions.filter(({ why }) => why === 'unreadable' || why === 'accepted');
  return told.length === 0
    ? []
    : ['', 'What belongs to images and is not in the bundle:', ...told.map(describeOmission)];
}
