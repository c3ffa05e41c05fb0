import type { Command } from 'commander';
import type { SiteOptions } from '../rehearsal/release-pair.ts';
import { addClusterOptions, collect } from '../terminal/cli-options.ts';

/** Options of every rehearsal of a pair of releases. */
export interface RehearsalOptions extends SiteOptions {
  readonly objects?: string;
  readonly allowNamespace?: readonly string[];
}

/** The cluster of a rehearsal, what lives there, and how the platform is installed in it. */
export function addRehearsalOptions(command: Command): Command {
  return addClusterOptions(command)
    .option('--objects <file>', 'YAML of objects that a site would have made, which must survive')
    .option(
      '--allow-namespace <name>',
      'a namespace that belongs to the scratch cluster itself; may be given again, “all” is every one',
      collect,
    )
    .option('--storage-class <name>', 'for the private registry; the cluster’s default otherwise')
    .option('--storage-size <quantity>', 'size of the private registry’s volume', '20Gi')
    .option('--address <ip>', 'the address under which nodes reach this workstation')
    .option('--helm <file>', 'a helm program; the stick’s otherwise');
}
