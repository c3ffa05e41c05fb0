import { Command, InvalidArgumentError } from 'commander';
import { connectCluster } from '../../apply/client/kube.ts';
import { describeInventory } from '../certificates/describe.ts';
import { type Inventory, readInventory } from '../certificates/inventory.ts';
import { installerError } from '../errors.ts';
import { NAMESPACE } from '../names.ts';
import { readInstallation } from '../record/installation.ts';
import {
  addClusterOptions,
  type ClusterOptions,
  globalOptions,
  kubeconfigPath,
} from '../terminal/cli-options.ts';
import { type Console, print, reportError } from '../terminal/console.ts';
import { interruptible } from '../terminal/interrupt.ts';

interface CertificatesOptions extends ClusterOptions {
  readonly warnLeft?: number;
}

export function certificatesCommand(console: Console): Command {
  return addClusterOptions(new Command('certificates'))
    .option('--warn-left <percent>', 'warn of what has less of its lifetime left; 20 otherwise', parsePercent)
    .addHelpText(
      'after',
      '\nReads only. Exits with 1 when something should have been renewed, or is over.\n\nExamples:\n  skerry certificates\n  skerry certificates --output json',
    )
    .action(async (options: CertificatesOptions, command: Command) => {
      const { output } = globalOptions(command);
      const inventory = await interruptible(
        (signal) => inventoryOf(console, options, signal),
        (error) => reportError(console, output, error),
      );
      print(console, output, inventory, () =>
        [...describeInventory(inventory), ...inventory.warnings.map((text) => `WARNING ${text}`)].join('\n'),
      );
      if (inventory.warnings.length > 0) process.exitCode = 1;
    });
}

async function inventoryOf(
  console: Console,
  options: CertificatesOptions,
  signal: AbortSignal,
): Promise<Inventory> {
  const path = kubeconfigPath(options, console.env);
  const client = await connectCluster({ path, context: options.context });
  const stored = await readInstallation(client, { signal });
  if (stored === undefined) throw installerError('NOT_INSTALLED', { subject: client.server });
  const { components } = stored.installation;
  const namespaces = [...new Set([NAMESPACE, ...components.map(({ namespace }) => namespace)])];
  const warnLeft = options.warnLeft === undefined ? undefined : options.warnLeft / 100;
  return await readInventory({ client, namespaces, now: () => new Date(), signal, warnLeft });
}

function parsePercent(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError('a number from 1 to 99');
  return Number(text);
}
