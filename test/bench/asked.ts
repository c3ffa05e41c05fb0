import type { ReportedContest } from './report.ts';

/** What was asked of one contest beyond being as fast as skopeo, and what was measured. */
export interface AskedFigure {
  readonly title: string;
  readonly what: string;
  readonly asked: number;
  readonly measured: number;
  readonly unit: 'times' | 'seconds' | 'bytes';
  readonly holds: boolean;
}

const MB = 1_000_000;
/** Of the process with all that it starts. */
const TREE_BYTES = 180 * MB;
const START = { seconds: 0.1, bytes: 60 * MB };

/** Times as fast as another program at the same work. Sets that are large have no images as small as the platform's. */
const FASTER: readonly {
  readonly work: ReportedContest['work'];
  readonly set: 'platform' | 'large' | 'none';
  readonly than: RegExp;
  readonly times: number;
}[] = [
  { work: 'create', set: 'platform', than: /^skopeo one/, times: 1.6 },
  { work: 'create', set: 'large', than: /^skopeo one/, times: 1.9 },
  { work: 'create', set: 'large', than: /^regctl/, times: 1 },
  { work: 'import', set: 'platform', than: /^regctl/, times: 1.2 },
  { work: 'import', set: 'large', than: /^regctl/, times: 1.2 },
  { work: 'mirror', set: 'none', than: /^regsync/, times: 1.5 },
];

export function askedFigures(contests: readonly ReportedContest[]): AskedFigure[] {
  return contests.flatMap((contest) =>
    contest.work === 'start' ? startFigures(contest) : figuresOf(contest),
  );
}

function figuresOf({ title, work, set, others: [own], rivals }: ReportedContest): AskedFigure[] {
  const kind = set === 'platform' || set === 'none' ? set : 'large';
  const ratios = FASTER.filter((each) => each.work === work && each.set === kind).flatMap(
    ({ than, times }) => {
      const rival = rivals.find(({ name }) => than.test(name));
      if (rival === undefined) return [];
      const { ratio } = rival.comparison;
      return [figure(title, `to ${rival.name}`, times, ratio, 'times')];
    },
  );
  const tree =
    own === undefined ? [] : [figure(title, 'all processes', TREE_BYTES, own.use.togetherBytes, 'bytes')];
  return [...ratios, ...tree];
}

function startFigures({ others }: ReportedContest): AskedFigure[] {
  return others.flatMap(({ name, use, comparison }) => [
    figure(name, 'start', START.seconds, comparison.own, 'seconds'),
    figure(name, 'memory', START.bytes, use.peakBytes, 'bytes'),
  ]);
}

function figure(
  title: string,
  what: string,
  asked: number,
  measured: number,
  unit: AskedFigure['unit'],
): AskedFigure {
  return {
    title,
    what,
    asked,
    measured,
    unit,
    holds: unit === 'times' ? measured >= asked : measured <= asked,
  };
}
