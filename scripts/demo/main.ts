import { parseArgs } from 'node:util';
import { isSkerryError } from '../../content/error.ts';
import { reportError } from '../../installer/terminal/console.ts';
import { interruptible } from '../../installer/terminal/interrupt.ts';
import { stopCluster } from '../../test/cluster/cluster.ts';
import { DEMO_CLUSTERS, runDemo } from './demo.ts';

const USAGE = `Usage: npm run demo [-- OPTIONS]

Shows Skerry from end to end: makes a stick on the connected side, starts a real Kubernetes cluster on an island
without a way out, installs the platform there from the stick, and says what runs and where it came from. Then the hub
there gets a second island to manage: a profile arrives, somebody changes something by hand, and it is put back.

  --cluster existing   install into the cluster of KUBECONFIG in place of an island made here
  --down               end the islands that an earlier demo left running
`;

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cluster: { type: 'string' },
      down: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help || (values.cluster !== undefined && values.cluster !== 'existing')) {
    process.stdout.write(USAGE);
    return values.help ? 0 : 2;
  }
  if (values.down) {
    for (const name of DEMO_CLUSTERS) await stopCluster(name).catch(ignoreUnknown);
    return 0;
  }
  const report = (error: unknown) => {
    const exit = reportError(process, 'text', error);
    if (values.cluster !== 'existing')
      process.stderr.write('npm run demo -- --down ends islands that run.\n');
    return exit;
  };
  return await interruptible(
    (signal) => runDemo({ existing: values.cluster === 'existing', signal }),
    report,
  ).then(() => 0, report);
}

function ignoreUnknown(error: unknown): void {
  if (!isSkerryError(error, 'CLUSTER_UNKNOWN')) throw error;
}

process.exitCode = await main(process.argv.slice(2));
