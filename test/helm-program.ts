/** Path of the helm program that tests run. */
export async function helmProgram(): Promise<string> {
  const given = process.env.SKERRY_TEST_HELM;
  if (given !== undefined) return given;
  throw new Error('SKERRY_TEST_HELM names no helm program');
}
