import { isSupported } from '../preflight.ts';
import type { UpgradeCheck } from './finding.ts';

export const kubernetesVersion: UpgradeCheck = {
  id: 'kubernetes-version',
  title: 'The release runs on this version of Kubernetes',
  ofRelease: true,
  run: async ({ subject: { engine, to } }) => {
    const { name, version, kubernetes } = to.release;
    const { gitVersion } = await engine.client.version({ signal: engine.signal });
    if (isSupported(gitVersion, kubernetes)) return [];
    return [
      {
        severity: 'blocks',
        subject: `Kubernetes ${gitVersion}`,
        message: `${name} ${version} runs on ${kubernetes}`,
        remedy: 'Upgrade the cluster to a version that both releases run on first, or use another release.',
      },
    ];
  },
};
