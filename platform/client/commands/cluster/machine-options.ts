import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Assignment, collect, parseAssignment, parseCount } from '../../options.ts';

/** A pool of machines as an option names it. */
export interface PoolFlag {
  readonly name: string;
  readonly replicas: number;
  readonly size: string | undefined;
}

/** The options that say what machines a cluster is made of. */
export interface MachineFlags {
  readonly from?: string;
  readonly plan?: boolean;
  readonly account?: string;
  readonly accountProject?: string;
  readonly kubernetes?: string;
  readonly controlPlanes?: number;
  readonly size?: string;
  readonly pool: readonly PoolFlag[];
  readonly template?: string;
  readonly placement: readonly Assignment[];
  readonly endpoint?: string;
  readonly endpointPool?: string;
  readonly addresses?: string;
  readonly deletion?: 'delete' | 'orphan' | 'protect';
}

export function withMachines(command: Command): Command {
  return command
    .option(
      '--from <file>',
      'the spec of the cluster, or the whole object, as YAML or JSON; - for standard input',
    )
    .option('--account <name>', 'cloud account that its machines are made with; without one it is not made')
    .option('--account-project <name>', 'project of the account, where that is another')
    .option('--kubernetes <version>', 'e.g. 1.34 or 1.34.4')
    .option(
      '--control-planes <count>',
      'machines of the control plane, an odd number; 1 otherwise',
      parseCount,
    )
    .option('--size <name>', "of the gateway's sizes, or a flavour of the cloud")
    .option(
      '--pool <name=count>',
      'workers, as NAME=COUNT or NAME=COUNT:SIZE; may be repeated',
      collect(parsePool),
      [],
    )
    .option('--template <name>', "node template; the gateway's otherwise")
    .option('--placement <key=value>', 'where in the cloud; may be repeated', collect(parseAssignment), [])
    .option('--endpoint <address>', 'of the API server')
    .addOption(
      new Option('--endpoint-pool <name>', 'pool of the gateway that its address is taken from').conflicts(
        'endpoint',
      ),
    )
    .option('--addresses <pool>', 'pool of the gateway that machines take addresses from; DHCP otherwise')
    .addOption(
      new Option('--deletion <policy>', 'what becomes of the machines when it is deleted').choices([
        'delete',
        'orphan',
        'protect',
      ]),
    )
    .option('--plan', 'say what would be made and what is missing, and make nothing');
}

/** `workers=3` or `workers=3:large`. */
export function parsePool(text: string): PoolFlag {
  const [, name = '', count = '', size] = /^([a-z0-9-]+)=([0-9]+)(?::(.+))?$/.exec(text) ?? [];
  if (name === '') throw new InvalidArgumentError('NAME=COUNT or NAME=COUNT:SIZE');
  return { name, replicas: parseCount(count), size };
}
