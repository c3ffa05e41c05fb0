import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeDetail } from './ironic-records.ts';
import { nodeReport } from './node-report.ts';

const node: NodeDetail = {
  uuid: '7f3e',
  name: 'rack1-01',
  provision_state: 'active',
  provision_updated_at: '2026-01-01T00:00:00+00:00',
  power_state: 'power on',
  deploy_interface: 'ramdisk',
  instance_info: { boot_iso: 'https://images.example/node.iso' },
  driver_info: {
    redfish_username: 'admin',
    redfish_password: '******',
    redfish_address: 'https://10.20.0.11',
  },
};

test('a report says first that it is no console, and then where the node stands', () => {
  assert.deepEqual(nodeReport(node, []).split('\n'), [
    'Ironic keeps no log of consoles. What it knows of the node:',
    'node: rack1-01 (7f3e)',
    'provision state: active, since 2026-01-01T00:00:00+00:00',
    'power: on',
    'deployed: https://images.example/node.iso, by ramdisk',
    'BMC: https://10.20.0.11',
    'console: none is switched on in Ironic; look at that of the BMC',
  ]);
});

test('what went wrong is in it, and no login', () => {
  const wrong = {
    ...node,
    power_state: null,
    maintenance: true,
    maintenance_reason: 'power supply',
    last_error: 'BMC away',
    console_enabled: true,
    console_interface: 'ipmitool-socat',
  };
  const events = [{ created_at: '2026-01-01T00:01:00', event_type: 'monitoring', event: 'BMC away' }];
  const text = nodeReport(wrong, events);
  for (const line of [
    'power: unknown: its BMC does not answer',
    'maintenance: power supply',
    'last error: BMC away',
    'console: for people, by ipmitool-socat: baremetal node console show',
    '2026-01-01T00:01:00 monitoring BMC away',
  ])
    assert.ok(text.split('\n').includes(line), `${line} in ${text}`);
  assert.doesNotMatch(text, /admin|\*\*\*/);
});
