import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSkerryError } from '../../../../content/error.ts';
import { networkFindings } from './aws-provider.ts';
import { awsDriver } from './driver.ts';

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const account = {
  origin: { project: 'harbour', name: 'tenant' },
  type: 'aws' as const,
  credentials: { name: 'account.tenant' },
};
const now = () => new Date('2026-01-01T00:00:00Z');

function subnets(...rows: readonly (readonly [string, string, string])[]): string {
  const items = rows.map(
    ([id, vpc, zone]) =>
      `<item><subnetId>${id}</subnetId><vpcId>${vpc}</vpcId><availabilityZone>${zone}</availabilityZone></item>`,
  );
  return `<DescribeSubnetsResponse><subnetSet>${items.join('')}</subnetSet></DescribeSubnetsResponse>`;
}

test('Credentials and settings that lack something are refused by name, and never shown', () => {
  const wrong = { accessKeyId: 'short', secretAccessKey: SECRET };
  for (const [settings, credentials, subject] of [
    [{ region: 'eu-west-1' }, wrong, 'credentials'],
    [{ region: 'nowhere' }, { ...wrong, accessKeyId: 'AKIAEXAMPLEEXAMPLE' }, 'settings'],
  ] as const) {
    assert.throws(
      () => awsDriver.open({ account: { ...account, settings }, credentials, now }),
      (error: unknown) =>
        isSkerryError(error) &&
        error.code === 'ACCOUNT_INVALID' &&
        error.subject === subject &&
        !error.message.includes(SECRET),
    );
  }
});

test('Subnets must be there, in the VPC, and in two zones', () => {
  const both = subnets(['subnet-a', 'vpc-1', 'eu-west-1a'], ['subnet-b', 'vpc-1', 'eu-west-1b']);
  assert.deepEqual(networkFindings(['subnet-a', 'subnet-b'], 'vpc-1', both), []);
  const found = (wanted: string[], said: string) =>
    networkFindings(wanted, 'vpc-1', said).map(({ code, subject }) => `${code} ${subject}`);
  assert.deepEqual(found(['subnet-a', 'subnet-c'], subnets(['subnet-a', 'vpc-1', 'eu-west-1a'])), [
    'NETWORK_UNKNOWN subnet subnet-c',
  ]);
  assert.deepEqual(found(['subnet-a'], subnets(['subnet-a', 'vpc-2', 'eu-west-1a'])), [
    'NETWORK_UNKNOWN subnet subnet-a',
  ]);
  const one = subnets(['subnet-a', 'vpc-1', 'eu-west-1a'], ['subnet-b', 'vpc-1', 'eu-west-1a']);
  assert.deepEqual(found(['subnet-a', 'subnet-b'], one), ['NETWORK_UNKNOWN subnet-a, subnet-b']);
});

test('A placement is looked at before any cloud is', () => {
  const placement = { vpc: 'vpc-1', subnets: ['subnet-a', 'subnet-b'], clusterRole: 'c', nodeRole: 'n' };
  assert.deepEqual(awsDriver.checkPlacement(placement), []);
  const paths = awsDriver.checkPlacement({ ...placement, vpc: 'x', subnets: ['subnet-a'] });
  assert.deepEqual(paths.map(({ path }) => path).sort(), ['subnets', 'vpc']);
});
