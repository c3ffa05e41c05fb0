import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { KubeClient } from '../../../apply/client/client.ts';
import { parseManifests } from '../../../apply/manifest.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { definitionOf } from '../../../platform/api/custom-resource.ts';
import { infraKinds } from '../../../platform/infra/api/kinds.ts';
import { moduleFolder } from '../../cluster/builds/module-folder.ts';

const FOLDERS = ['core', 'bootstrap/kubeadm', 'controlplane/kubeadm'];
export const NAMESPACE = 'clusters-shop';

/** Cluster API's own definitions, from its Go module, and ours. */
export async function definitions(): Promise<KubeObject[]> {
  const cwd = moduleFolder('cluster-api');
  const { stdout: module } = await execa('go', ['list', '-m', '-f', '{{.Dir}}', 'sigs.k8s.io/cluster-api'], {
    cwd,
  });
  const found: KubeObject[] = infraKinds.map(definitionOf);
  for (const part of FOLDERS) {
    const folder = join(module, part, 'config/crd/bases');
    for (const file of await readdir(folder))
      found.push(...parseManifests(await readFile(join(folder, file), 'utf8'), file));
  }
  return found;
}

interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

const CORE = 'cluster.x-k8s.io/v1beta2';
const BOOTSTRAP = 'bootstrap.cluster.x-k8s.io/v1beta2';
const CONTROL_PLANE = 'controlplane.cluster.x-k8s.io/v1beta2';
const INFRA = 'infrastructure.skerry.dev/v1alpha1';

const JOINED = { joinConfiguration: { nodeRegistration: { name: '{{ local_hostname }}' } } };

/** A cluster with one control plane machine and one worker, as it is when it runs, made by its controllers' names. */
export async function makeCluster(client: KubeClient, name: string): Promise<void> {
  const put = async (
    apiVersion: string,
    kind: string,
    object: {
      name: string;
      owner?: Owner | undefined;
      spec?: object;
      status?: object;
      data?: object;
      type?: string;
    },
  ) => {
    const { name: own, owner, spec, status, data, type } = object;
    const found =
      owner && (await client.get({ ...owner, metadata: { name: owner.name, namespace: NAMESPACE } }));
    const ownerReferences = owner && [{ ...owner, uid: found?.metadata.uid ?? '', controller: true }];
    const labels = { 'cluster.x-k8s.io/cluster-name': name };
    const there = await client.apply(
      {
        ...{ apiVersion, kind },
        metadata: {
          name: own,
          namespace: NAMESPACE,
          labels,
          ...(ownerReferences ? { ownerReferences } : {}),
        },
        ...(spec ? { spec } : {}),
        ...(data ? { data } : {}),
        ...(type ? { type } : {}),
      },
      { fieldManager: `controller-of-${kind.toLowerCase()}` },
    );
    if (status) await client.patch(there, { status: { ...status } }, { subresource: 'status' });
  };
  const shape = { cpus: 2, memoryMiB: 2048 };
  const reference = (kind: string, own: string, apiGroup = 'infrastructure.skerry.dev') => ({
    apiGroup,
    kind,
    name: own,
  });
  const cluster: Owner = { apiVersion: CORE, kind: 'Cluster', name };
  await put(CORE, 'Cluster', {
    name,
    spec: {
      infrastructureRef: reference('SkerryCluster', name),
      controlPlaneRef: reference('KubeadmControlPlane', name, 'controlplane.cluster.x-k8s.io'),
      controlPlaneEndpoint: { host: '10.0.0.10', port: 6443 },
    },
  });
  await put(INFRA, 'SkerryCluster', {
    name,
    owner: cluster,
    spec: {
      origin: { project: 'shop', name, id: `id-${name}` },
      account: { namespace: NAMESPACE, name: 'lab' },
      controlPlaneEndpoint: { host: '10.0.0.10', port: 6443 },
    },
    status: { initialization: { provisioned: true } },
  });
  await put(INFRA, 'SkerryMachineTemplate', {
    name: `${name}-a1`,
    owner: cluster,
    spec: { template: { spec: shape } },
  });
  await put(CONTROL_PLANE, 'KubeadmControlPlane', {
    name,
    owner: cluster,
    spec: {
      replicas: 1,
      version: 'v1.34.4',
      machineTemplate: { spec: { infrastructureRef: reference('SkerryMachineTemplate', `${name}-a1`) } },
      kubeadmConfigSpec: { initConfiguration: { nodeRegistration: { name: '{{ local_hostname }}' } } },
    },
  });
  await put(BOOTSTRAP, 'KubeadmConfigTemplate', {
    name: `${name}-workers`,
    owner: cluster,
    spec: { template: { spec: JOINED } },
  });
  const pool = (kind: string) => ({
    clusterName: name,
    replicas: 1,
    selector: { matchLabels: { pool: kind } },
    template: {
      metadata: { labels: { pool: kind } },
      spec: {
        clusterName: name,
        version: 'v1.34.4',
        bootstrap: {
          configRef: reference('KubeadmConfigTemplate', `${name}-workers`, 'bootstrap.cluster.x-k8s.io'),
        },
        infrastructureRef: reference('SkerryMachineTemplate', `${name}-a1`),
      },
    },
  });
  await put(CORE, 'MachineDeployment', { name: `${name}-workers`, owner: cluster, spec: pool('workers') });
  const deployment: Owner = { apiVersion: CORE, kind: 'MachineDeployment', name: `${name}-workers` };
  await put(CORE, 'MachineSet', { name: `${name}-workers-x`, owner: deployment, spec: pool('workers') });
  const sets: readonly Owner[] = [
    { apiVersion: CONTROL_PLANE, kind: 'KubeadmControlPlane', name },
    { apiVersion: CORE, kind: 'MachineSet', name: `${name}-workers-x` },
  ];
  for (const owner of sets) {
    const machine = `${owner.name}-m`;
    const id = `skerry://id-of-${machine}`;
    const itself: Owner = { apiVersion: CORE, kind: 'Machine', name: machine };
    await put(CORE, 'Machine', {
      name: machine,
      owner,
      spec: {
        clusterName: name,
        version: 'v1.34.4',
        providerID: id,
        bootstrap: { dataSecretName: machine },
        infrastructureRef: reference('SkerryMachine', machine),
      },
    });
    await put(BOOTSTRAP, 'KubeadmConfig', { name: machine, owner: itself, spec: JOINED });
    await put('v1', 'Secret', {
      name: machine,
      owner: { apiVersion: BOOTSTRAP, kind: 'KubeadmConfig', name: machine },
      type: 'cluster.x-k8s.io/secret',
      data: { value: Buffer.from('#cloud-config').toString('base64') },
    });
    await put(INFRA, 'SkerryMachine', {
      name: machine,
      owner: itself,
      spec: { ...shape, providerID: id },
      status: { initialization: { provisioned: true } },
    });
  }
  for (const purpose of ['ca', 'etcd', 'sa', 'proxy', 'kubeconfig']) {
    const data = { value: Buffer.from(`${purpose} of ${name}`).toString('base64') };
    await put('v1', 'Secret', {
      name: `${name}-${purpose}`,
      owner: sets[0],
      type: 'cluster.x-k8s.io/secret',
      data,
    });
  }
}
