import assert from 'node:assert/strict';
import { it } from 'node:test';
import { dropped, outsideNames, statistic } from './island.ts';

const SNMP = 'Ip: Forwarding OutNoRoutes\nIp: 1 7\nIcmp: InMsgs\nIcmp: 3\nIpExt: InNoRoutes\nIpExt: 5\n';

it('A statistic of the kernel is found by its title and name', () => {
  assert.equal(statistic(SNMP, 'Ip', 'OutNoRoutes'), 7);
  assert.equal(statistic(SNMP, 'IpExt', 'InNoRoutes'), 5);
});

it('A statistic that is missing never passes for zero', () => {
  assert.throws(() => statistic(SNMP, 'Ip', 'InNoRoutes'));
  assert.throws(() => statistic('', 'Ip', 'OutNoRoutes'));
});

it('The packets that were dropped are those of the last rule, which has to be there', () => {
  const head = 'Chain SKERRY-LEAVING (1 references)\n pkts bytes target prot opt in out source destination\n';
  const pass = '  9 99 RETURN 0 -- * * 0.0.0.0/0 10.201.0.0/24\n';
  assert.equal(dropped(`${head}${pass}  4 40 DROP 0 -- * * 0.0.0.0/0 0.0.0.0/0\n`), 4);
  assert.throws(() => dropped(`${head}${pass}`));
  assert.throws(() => dropped(''));
});

it('Questions for names outside are read from the log of cluster DNS', () => {
  const log = '[INFO] outside a.example. A 10.0.0.1\nready\n[INFO] outside b.example. AAAA 10.0.0.1\n';
  assert.deepEqual(outsideNames(log), ['a.example.', 'b.example.']);
});
