import { Command } from 'commander';
import { AGENT_NAMESPACE, REGISTRY_PORT, REGISTRY_SERVICE } from '../../../desired/agent-names.ts';
import { collect, type ProjectOptions, timeoutOption, withProject, withYes } from '../../options.ts';
import type { Terminal } from '../../output/terminal.ts';
import { type ClusterFlags, withCluster } from './gateway-backup.ts';

/** The address that agents reach the platform's registry by, the same in every cluster. */
const IN_CLUSTER_REGISTRY = `http://${REGISTRY_SERVICE}.${AGENT_NAMESPACE}:${REGISTRY_PORT}`;

/** Copies content of a bundle into a registry; who makes the program gives it. */
export type CopyContent = (work: {
  readonly from: string;
  readonly to: string;
  readonly usernameFile?: string | undefined;
  readonly passwordFile?: string | undefined;
  /** The public key of the vendor, who must have signed the bundle; nothing is compared when absent. */
  readonly keyFile?: string | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}) => Promise<{ readonly bytes: number }>;

export interface InstallFlags extends ProjectOptions, ClusterFlags {
  readonly cluster?: string;
  readonly filename: readonly string[];
  readonly bundle: readonly string[];
  readonly key?: string;
  readonly registry?: string;
  readonly usernameFile?: string;
  readonly passwordFile?: string;
  readonly backupKey?: string;
  readonly backupRegistry: string;
  readonly fresh?: boolean;
  readonly plan?: boolean;
  readonly timeout: number;
}

export function installCommand(terminal: Terminal, copy: CopyContent): Command {
  return withYes(withProject(withCluster(new Command('install'))))
    .description(
      'make a cluster a gateway: enrol its agent, bring its content, make its objects, wait until it works',
    )
    .argument('<name>', 'of the gateway')
    .option('--cluster <name>', 'what the cluster is called at the hub; the name of the gateway otherwise')
    .option('-f, --filename <file>', 'Gateway and CloudAccount objects; may be repeated', collect(String), [])
    .option(
      '--bundle <file>',
      'content that machines need, as the node bundle; may be repeated',
      collect(String),
      [],
    )
    .option('--key <file>', 'the public key of who must have signed the bundles; see skerry bundle verify')
    .option('--registry <url>', 'the registry that the content is brought to, as http(s)://HOST[:PORT]')
    .option('--username-file <file>', 'user for that registry; credentials of docker login otherwise')
    .option('--password-file <file>', 'its password')
    .option(
      '--backup-key <file>',
      'the public key (FILE.pub of skerry gateway key) that backups are sealed for',
    )
    .option(
      '--backup-registry <url>',
      'where the agent keeps them, as its pod reaches it; with the user of --username-file, if any',
      IN_CLUSTER_REGISTRY,
    )
    .option(
      '--fresh',
      'make all machines of its clusters again, where the objects of a lost gateway are not restored',
    )
    .option('--plan', 'check, say what would be done, and stop')
    .addOption(timeoutOption(1800))
    .addHelpText(
      'after',
      `
The cluster is that of the kubeconfig, which takes an administrator of it; the hub is the one that you logged in to.
The hub's own cluster can be a gateway as well. What is done already is not done again: after an error, run it again.

Examples:
  skerry gateway install lab -f lab.yaml --plan
  skerry gateway install lab -f lab.yaml --bundle nodes.bundle.tar --key vendor.pub --registry https://registry.example:5000`,
    )
    .action(async (name: string, flags: InstallFlags, command: Command) => {
      const { runInstall } = await import('./run-gateway-install.ts');
      await runInstall(terminal, { name, flags, copy }, command);
    });
}
