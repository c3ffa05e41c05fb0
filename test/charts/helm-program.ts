import { ensurePrograms, programCache } from '../cluster/builds/programs.ts';

/** Path of the helm program that tests run. */
export async function helmProgram(): Promise<string> {
  const given = process.env.SKERRY_TEST_HELM;
  if (given !== undefined) return given;
  const { helm } = await ensurePrograms(['helm'], { cache: programCache(process.env) });
  return helm;
}
