import { connectCluster } from '../../../apply/client/kube.ts';
import { describeInventory } from '../../certificates/describe.ts';
import { type Inventory, readInventory } from '../../certificates/inventory.ts';
import { installerError } from '../../errors.ts';
import { NAMESPACE } from '../../names.ts';
import { readInstallation } from '../../record/installation.ts';
import { kubeconfigPath } from '../../terminal/cli-options.ts';
import { type Console, type OutputFormat, print, reportError } from '../../terminal/console.ts';
import { interruptible } from '../../terminal/interrupt.ts';
import type { CertificatesOptions } from '../certificates.ts';

export async function runCertificates(
  console: Console,
  options: CertificatesOptions,
  output: OutputFormat,
): Promise<void> {
  const inventory = await interruptible(
    (signal) => inventoryOf(console, options, signal),
    (error) => reportError(console, output, error),
  );
  print(console, output, inventory, () =>
    [...describeInventory(inventory), ...inventory.warnings.map((text) => `WARNING ${text}`)].join('\n'),
  );
  if (inventory.warnings.length > 0) process.exitCode = 1;
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
