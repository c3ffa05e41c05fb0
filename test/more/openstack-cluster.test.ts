import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { testFolder } from '../../content/testing/folder.ts';
import {
  type FakeCloud,
  startFakeCloud,
} from '../../platform/infra/provider/openstack/testing/fake-cloud.ts';
import { ensureHost } from '../cluster/host.ts';
import { bootingHypervisor } from '../openstack/hypervisor.ts';
import { leadIn } from '../provision/into-island.ts';
import { deleteOneAndOne, makeOneAndOne } from '../provision/one-and-one.ts';
import { type GatewaySite, startGatewaySite } from '../provision/site/gateway-site.ts';

const PORT = 5000;

describe('a cluster made in OpenStack', { timeout: 1_800_000 }, () => {
  let site: GatewaySite;
  let cloud: FakeCloud;
  let door: AsyncDisposable;
  const began = performance.now();
  const say = (text: string) => console.log(`# ${((performance.now() - began) / 1000).toFixed(1)} s ${text}`);

  before(async () => {
    await ensureHost({ install: true, onProgress: say });
    site = await startGatewaySite({ name: 'openstack', onProgress: say });
    const workstation = await site.cluster.addWorkstation({ name: 'openstack' });
    cloud = await startFakeCloud({
      publicUrl: `http://${workstation.address}:${PORT}`,
      hypervisor: bootingHypervisor(site.machines, await testFolder('config-drives')),
    });
    const prefix = site.cluster.nodeAddress.slice(0, site.cluster.nodeAddress.lastIndexOf('.'));
    cloud.neutron.lieIn(prefix, site.cluster.nodeAddress, 120);
    const { folder } = site.cluster;
    const { exec, address: host } = workstation;
    door = await leadIn({ folder, exec, host, port: PORT }, cloud.port);
  });
  after(async () => {
    if (site !== undefined) say((await site.infraLog()).split('\n').slice(-5).join('\n').slice(-2000));
    await door?.[Symbol.asyncDispose]();
    await cloud?.close();
    await site?.stop();
  });

  it('of one control plane and one worker, by real Cluster API, cloud-init and kubeadm', async () => {
    const { id, secret } = cloud.keystone.credential;
    await makeOneAndOne({
      ...{ site, say, endpoint: 91 },
      account: {
        type: 'openstack',
        endpoint: cloud.endpoint,
        credentials: { applicationCredentialId: id, applicationCredentialSecret: secret },
      },
      machine: { template: 'node', flavor: 'small' },
      placement: { network: 'machines' },
    });
    assert.equal(cloud.nova.servers.size, 2);
  });

  it('goes without leaving a server or a port', async () => {
    await deleteOneAndOne({ site, say });
    assert.deepEqual([cloud.nova.servers.size, cloud.neutron.ports.size], [0, 0]);
  });
});
