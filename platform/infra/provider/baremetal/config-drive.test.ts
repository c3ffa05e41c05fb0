import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WantedMachine } from '../machine.ts';
import { configDrive } from './config-drive.ts';

const machine: WantedMachine = {
  mark: {
    clusterId: 'c',
    cluster: 'team/one',
    machine: 'one-abc',
    id: 'a2a0c2c4-0000-4000-8000-000000000001',
  },
  shape: {},
  userData: '#cloud-config\n',
  address: undefined,
};

test("the instance's id is the machine's, and its host name the machine's name", () => {
  const { meta_data, user_data, network_data } = configDrive(machine, undefined);
  assert.equal(meta_data.uuid, machine.mark.id);
  assert.equal(meta_data.hostname, 'one-abc');
  assert.equal(user_data, machine.userData);
  assert.equal(network_data, undefined);
});

test('an address of a pool is given to the interface with that MAC', () => {
  const address = { address: '10.9.0.7', prefix: 20, gateway: '10.9.0.1', dns: ['10.9.0.2'], search: [] };
  assert.deepEqual(configDrive({ ...machine, address }, '02:00:00:00:00:01').network_data, {
    links: [{ id: 'link0', type: 'phy', ethernet_mac_address: '02:00:00:00:00:01' }],
    networks: [
      {
        id: 'network0',
        type: 'ipv4',
        link: 'link0',
        ip_address: '10.9.0.7',
        netmask: '255.255.240.0',
        routes: [{ network: '0.0.0.0', netmask: '0.0.0.0', gateway: '10.9.0.1' }],
      },
    ],
    services: [{ type: 'dns', address: '10.9.0.2' }],
  });
});

test('addresses of version 6 have masks of their own', () => {
  const address = { address: 'fd00::7', prefix: 68, gateway: undefined, dns: [], search: [] };
  const { network_data } = configDrive({ ...machine, address }, '02:00:00:00:00:01');
  assert.match(JSON.stringify(network_data), /"netmask":"ffff:ffff:ffff:ffff:f000:0:0:0"/);
});
