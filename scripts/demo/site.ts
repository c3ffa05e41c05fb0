import { execa } from 'execa';
import { installerError } from '../../installer/errors.ts';
import type { Cluster } from '../../test/cluster/running-cluster.ts';

/** Where the demo installs: an island made here, or a cluster that the user has. */
export interface Site {
  /** Runs a program on the site's workstation, its output passed through. Throws when it fails. */
  run(file: string, args: readonly string[], signal: AbortSignal): Promise<void>;
  /** What a person types before a command to run it there. */
  readonly enter: string;
  readonly island: Cluster | undefined;
}

export function islandSite(cluster: Cluster): Site {
  return {
    island: cluster,
    enter: `npm run -s island -- exec ${cluster.name}`,
    run: async (file, args, signal) => {
      const child = cluster.workstation.exec(file, args, { env: { KUBECONFIG: cluster.kubeconfig }, signal });
      child.stdout?.pipe(process.stdout, { end: false });
      child.stderr?.pipe(process.stdout, { end: false });
      check(await child, file, args);
    },
  };
}

export function existingSite(env: NodeJS.ProcessEnv): Site {
  if (!env.KUBECONFIG)
    throw installerError('USAGE', {
      subject: 'KUBECONFIG',
      detail: 'it is not set',
      remedy: 'Set KUBECONFIG to the kubeconfig of your cluster.',
    });
  return {
    island: undefined,
    enter: '',
    run: async (file, args, signal) =>
      check(await execa(file, args, { stdio: 'inherit', reject: false, cancelSignal: signal }), file, args),
  };
}

function check(
  { failed, exitCode }: { failed: boolean; exitCode?: number | undefined },
  file: string,
  args: readonly string[],
): void {
  if (failed)
    throw installerError('INTERNAL', {
      subject: [file, ...args].join(' '),
      detail: `it ended with ${exitCode}`,
    });
}
