import { test } from 'node:test';
import fc from 'fast-check';
import { fuzzRuns } from '../../../content/testing/runs.ts';
import { anyCommands } from './commands.ts';
import { RegistryModel } from './registry-model.ts';
import { Site } from './site.ts';

const RUNS = fuzzRuns(1 / 4);

// fast-check prints the seed and the shortest history that it finds; both can be given to fc.assert again.
test('a registry does what a model of one does, whatever is pushed and deleted, however it is stopped', async (t) => {
  let steps = 0;
  await fc.assert(
    fc.asyncProperty(anyCommands, async (commands) => {
      steps += [...commands].length;
      const site = await Site.open();
      try {
        await fc.asyncModelRun(() => ({ model: new RegistryModel(), real: site }), commands);
      } finally {
        await site.close();
      }
    }),
    { numRuns: RUNS },
  );
  t.diagnostic(`${steps} steps in ${RUNS} histories`);
});
