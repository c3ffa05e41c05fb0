import { findCluster } from '../cluster/cluster.ts';
import { restartNode, restartProgram } from './faults-node.ts';

/**
 * What `skerry drill --node-command` runs in tests: `faults-main.ts CLUSTER ACTION`. Exit code 3 says that a cluster of
 * these tests has no way to do it.
 */
const CANNOT = 3;
const [, , name = '', action = ''] = process.argv;
const cluster = await findCluster(name);

switch (action) {
  case 'kill-apiserver':
    await restartProgram(cluster, 'kube-apiserver');
    break;
  case 'kill-runtime':
    await restartProgram(cluster, 'containerd');
    break;
  case 'restart-node':
    await restartNode(cluster);
    break;
  case 'cut-network':
    await cluster.workstation.setCable(false);
    break;
  case 'mend-network':
    await cluster.workstation.setCable(true);
    break;
  default:
    process.exitCode = CANNOT;
}
cluster.api.close();
