import { errorTable } from '../../content/error.ts';

export const benchError = errorTable({
  BENCH_USAGE: {
    means: 'The benchmark does not know this option or value.',
    remedy: 'Read: npm run bench -- --help',
    exit: 2,
  },
  BENCH_RUN_FAILED: {
    means: 'A program that is measured has failed, so there is nothing to compare.',
    remedy: 'Read its output in the details.',
  },
  BENCH_SERVER_FAILED: {
    means: 'A registry that takes part in the benchmark did not start.',
    remedy: 'Read its output in the details.',
  },
  BENCH_WRONG_RESULT: {
    means: 'A program ended well, but did not do the work that was measured.',
    remedy: 'Look for the fault in that program; the time it took says nothing.',
  },
});
