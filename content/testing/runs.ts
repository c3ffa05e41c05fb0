/** How many random histories a test tries: of 150 in all, or of SKERRY_FUZZ_RUNS, the share for a test as dear as this. */
export function fuzzRuns(share = 1): number {
  // Of half a run fast-check makes runs without end.
  return Math.ceil(Number(process.env.SKERRY_FUZZ_RUNS ?? 150) * share);
}
