import { parseArgs } from 'node:util';
import { reportError } from '../../installer/console.ts';
import { interruptible } from '../../installer/interrupt.ts';
import { stopCluster } from '../../test/cluster/cluster.ts';
import { DEMO_CLUSTER, runDemo } from './demo.ts';

const USAGE = `Usage: npm run demo [-- OPTIONS]

Shows Skerry from end to end: makes a stick on the connected side, starts a real Kubernetes cluster on an island
without a way out, installs the platform there from the stick, and says what runs and where it came from.

  --cluster existing   install into the cluster of KUBECONFIG in place of an island made here
  --down               end the island that an earlier demo left running
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
    await stopCluster(DEMO_CLUSTER);
    return 0;
  }
  const report = (error: unknown) => reportError(process, 'text', error);
  return await interruptible(
    (signal) => runDemo({ existing: values.cluster === 'existing', signal }),
    report,
  ).then(() => 0, report);
}

process.exitCode = await main(process.argv.slice(2));
