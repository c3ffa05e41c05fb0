import type { Helm } from '../../apply/helm/helm.ts';
import { type ChartFindings, discoverImages, type FoundPack } from '../discover.ts';
import { bundleError } from '../errors.ts';
import { type ImageAccount, isUnaccounted, type PinnedImage, type PinOptions, pinImages } from '../pin.ts';
import type { ReleaseFile } from '../release.ts';
import type { Sources } from '../sources.ts';
import { type Accounted, Accounts } from './accounted.ts';
import type { Operator } from './operators.ts';
import type { RenderOptions } from './renderings.ts';

/** All that is known about the images of a release. */
export interface ImageSurvey {
  readonly findings: ChartFindings;
  readonly images: readonly PinnedImage[];
  /** All that is or could be an image, in the order of the references. */
  readonly accounts: readonly ImageAccount[];
  /** Operators whose images are not seen, and for which the release doesn't say that all are known. */
  readonly operators: readonly Operator[];
  /** Entries of `accounted` that fit nothing. */
  readonly unused: readonly Accounted[];
}

/** Asks the sources for everything that the charts name. Throws IMAGE_NOT_FOUND. */
export async function surveyImages(
  file: ReleaseFile,
  findings: ChartFindings,
  sources: Sources,
  options: Omit<PinOptions, 'accounts'> = {},
): Promise<ImageSurvey> {
  const known = new Accounts(file.release.accounted);
  const { images, accounts } = await pinImages(sources, findings.discoveries, {
    ...options,
    accounts: known,
  });
  const operators = findings.operators.filter(
    ({ component, pack }) => known.ofOperator(component ?? pack) === undefined,
  );
  return { findings, images, accounts, operators, unused: known.unused() };
}

/** As surveyImages, from the charts on; images that are missing are reported and stop nothing. Throws HELM_RENDER_FAILED. */
export async function findAndSurvey(
  helm: Helm,
  file: ReleaseFile,
  packs: readonly FoundPack[],
  sources: Sources,
  options: RenderOptions,
): Promise<ImageSurvey> {
  const findings = await discoverImages(helm, file, packs, options);
  return await surveyImages(file, findings, sources, { ...options, required: false });
}

/** Throws IMAGES_UNACCOUNTED unless all that is likely an image is taken or accounted for, operators and all. */
export function requireAccounts({ accounts, operators }: ImageSurvey): void {
  const open = accounts.filter(isUnaccounted);
  const told = [
    ...open.map(({ reference, reason, places }) => `${reference}: ${reason}, ${places[0]?.where}`),
    ...operators.map(describeOperator),
  ];
  if (told.length === 0) return;
  const [first] = open;
  const [operator] = operators;
  throw bundleError('IMAGES_UNACCOUNTED', {
    subject: first?.reference ?? operator?.component ?? operator?.pack ?? '',
    detail: told.join('; '),
  });
}

/** In words: what looks like an operator, and why. */
export function describeOperator({ component, pack, role, makes }: Operator): string {
  const owner = component === undefined ? `pack ${pack}` : `component ${component}`;
  return `${owner} looks like an operator (it brings CRDs, and ${role} may create ${makes}), and no image is seen that it could start`;
}
