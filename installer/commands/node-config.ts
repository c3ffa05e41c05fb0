import { Command } from 'commander';
import { addClusterOptions, type ClusterOptions, globalOptions } from '../terminal/cli-options.ts';
import type { Console } from '../terminal/console.ts';

export interface NodeConfigOptions extends ClusterOptions {
  readonly node?: string;
  readonly check?: boolean;
}

export function nodeConfigCommand(console: Console): Command {
  return addClusterOptions(new Command('node-config'))
    .argument('[stick]', 'a stick or a bundle: also for the hosts that its images come from')
    .option('--node <name>', 'for this node only')
    .option('--check', 'have nodes pull an image of the stick by its original name, and say which can')
    .addHelpText(
      'after',
      '\nNeeded on each node where kube-proxy does not answer NodePorts on 127.0.0.1 (its nftables mode); with a stick, also where\nthe cluster has no MutatingAdmissionPolicy, for pods that operators make. Prints a shell script per node and changes nothing.\n\nExamples:\n  skerry node-config\n  skerry node-config stick/ --node worker-1 | ssh worker-1 sudo sh\n  skerry node-config stick/ --check',
    )
    .action(async (path: string | undefined, options: NodeConfigOptions, command: Command) => {
      const { runNodeConfig } = await import('./run/node-config.ts');
      await runNodeConfig(console, path, options, globalOptions(command).output);
    });
}
