import { describeOperator, type ImageSurvey } from '../../../bundle/images/survey.ts';
import { type ImageAccount, type ImageState, isMissing, isUnaccounted } from '../../../bundle/pin.ts';

/** What is known about the images of a release, as JSON. */
export function surveyResult({ accounts, images, operators, unused, findings }: ImageSurvey) {
  const { kubernetes, lookups, unseenUpgrades, runs } = findings;
  return {
    kubernetes: { versions: kubernetes.versions, ...kubernetes.boundedAt },
    renderings: runs,
    images: images.map(({ reference, digest }) => ({ reference, digest })),
    counts: countsOf(accounts),
    missing: accounts.filter(isMissing).map(accountResult),
    leftOut: accounts
      .filter((account) => isUnaccounted(account) || isSilent(account))
      .map(({ reference, reason, places }) => ({ reference, where: places[0]?.where ?? '', reason })),
    candidates: accounts.map(accountResult),
    operators: operators.map((operator) => ({ ...operator, means: describeOperator(operator) })),
    lookups,
    unseenUpgrades,
    unusedAccounts: unused,
  };
}

export function accountResult(account: ImageAccount & { readonly looked?: string }) {
  const { reference, certainty, state, source, reason, looked, note, pinned, places, names } = account;
  return { reference, certainty, state, digest: pinned?.digest, source, reason, looked, note, names, places };
}

/** What is known about the images of a release, in lines for people: what is taken, what is not, what is odd. */
export function describeSurvey(survey: ImageSurvey): string[] {
  const { accounts } = survey;
  const some = (
    title: string,
    chosen: readonly ImageAccount[],
    lines: (account: ImageAccount) => string[],
  ) => (chosen.length === 0 ? [] : ['', title, ...chosen.flatMap(lines)]);
  return [
    countsInWords(accounts),
    ...some('Missing: no bundle can be made without them', accounts.filter(isMissing), (account) => [
      account.reference,
      `    ${account.reason}  ${placeOf(account)}`,
    ]),
    ...some('', accounts.filter(is('taken')), (account) => [
      account.reference,
      `    ${account.pinned?.digest}  ${shortPlace(account)}${account.certainty === 'sure' ? '' : `  (${account.certainty})`}`,
    ]).slice(1),
    ...some(
      'Not taken, though each looks like an image; mirror what is meant, or say under accounted what it is:',
      accounts.filter((account) => isUnaccounted(account) || isSilent(account)),
      (account) => [account.reference, `    ${account.reason}  ${placeOf(account)}`],
    ),
    ...some('Accounted for in the release:', accounts.filter(isAnswered), (account) => [
      account.reference,
      `    ${account.state}: ${account.note}`,
    ]),
    ...warningsOf(survey),
  ];
}

/** What deserves a look, though nothing failed. */
function warningsOf({
  operators,
  unused,
  findings: { lookups, unseenUpgrades, kubernetes },
}: ImageSurvey): string[] {
  const { oldest, newest } = kubernetes.boundedAt ?? {};
  const warnings = [
    ...operators.map(
      (operator) =>
        `${describeOperator(operator)}; name its images under images, or accept it under accounted`,
    ),
    ...lookups.map(
      (chart) =>
        `${chart} asks the cluster with lookup: images that it names only then are checked on the island`,
    ),
    ...unseenUpgrades.map(
      (chart) =>
        `${chart} refuses to be rendered as an upgrade here: images for upgrades alone are checked on the island`,
    ),
    ...unused.map(({ match, operator }) => `accounted: ${match ?? `operator ${operator}`} fits nothing`),
    ...(newest === undefined
      ? []
      : [`the range for Kubernetes has no end: charts were rendered up to ${newest}`]),
    ...(oldest === undefined
      ? []
      : [`the range for Kubernetes has no beginning: charts were rendered from ${oldest} on`]),
  ];
  return warnings.length === 0 ? [] : ['', ...warnings.map((warning) => `note: ${warning}`)];
}

/** All that is known about one image, for `--why`. */
export function describeAccount(account: ImageAccount & { readonly looked?: string }): string[] {
  const { reference, certainty, state, source, reason, looked, note, pinned, places, names } = account;
  const others = names.filter((name) => name !== reference);
  return [
    reference,
    `    ${state}, ${certainty}${reason === undefined ? '' : `, ${reason}`}`,
    ...(pinned === undefined ? [] : [`    digest  ${pinned.digest}`]),
    ...(source === undefined ? [] : [`    source  ${source}`]),
    ...(looked === undefined ? [] : [`    search  ${looked}`]),
    ...(note === undefined ? [] : [`    note    ${note}`]),
    ...(others.length === 0 ? [] : [`    also    ${others.join(' ')}`]),
    ...places.map(({ where, versions }) => `    found   ${where}${versionsInWords(versions)}`),
  ];
}

function versionsInWords(versions: readonly string[] | undefined): string {
  if (versions === undefined) return '';
  return `  (Kubernetes ${versions.map((version) => version.split('.').slice(0, 2).join('.')).join(', ')})`;
}

const STATES: readonly [ImageState, string][] = [
  ['taken', 'taken'],
  ['not-found', 'not found'],
  ['unanswered', 'whose source did not answer'],
  ['left-out', 'left out by choice'],
  ['not-an-image', 'no image by the release’s word'],
  ['not-asked', 'not asked for'],
];

function countsOf(accounts: readonly ImageAccount[]) {
  return Object.fromEntries(STATES.map(([state]) => [state, accounts.filter(is(state)).length]));
}

function countsInWords(accounts: readonly ImageAccount[]): string {
  const counts = STATES.map(([state, words]) => [accounts.filter(is(state)).length, words] as const);
  return `images: ${counts
    .filter(([count], index) => count > 0 || index === 0)
    .map(([count, words]) => `${count} ${words}`)
    .join(', ')}`;
}

function is(state: ImageState): (account: ImageAccount) => boolean {
  return (account) => account.state === state;
}

function isSilent({ certainty, state }: ImageAccount): boolean {
  return certainty === 'possible' && state === 'unanswered';
}

function isAnswered({ state }: ImageAccount): boolean {
  return state === 'left-out' || state === 'not-an-image';
}

function placeOf({ places }: ImageAccount): string {
  const [first] = places;
  if (first === undefined) return '';
  const more = places.length > 1 ? ` and ${places.length - 1} more` : '';
  return `${first.where}${versionsInWords(first.versions)}${more}`;
}

function shortPlace({ places }: ImageAccount): string {
  return (places[0]?.where ?? '').split(' spec.')[0] ?? '';
}
