import { Command } from 'commander';
import type { Terminal } from '../output/terminal.ts';

export function kubectlCredentialCommand(terminal: Terminal): Command {
  return new Command('kubectl-credential')
    .option('--hub <url>', 'give no token but that of a login to this hub')
    .addHelpText(
      'after',
      `
An exec credential plugin (client.authentication.k8s.io): "skerry login --kubectl" writes it into a kubeconfig, and from
then on kubectl, helm and whatever else reads it are the user of the login.

Example:
  skerry kubectl-credential --hub https://hub.example:8443`,
    )
    .action(async (options: { readonly hub?: string }) => {
      const { runKubectlCredential } = await import('./run-kubectl-credential.ts');
      await runKubectlCredential(terminal, options.hub);
    });
}
