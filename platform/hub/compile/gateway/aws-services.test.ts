import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { awsServices, otherEndpoint } from './aws-services.ts';
import { planGateway } from './plan-gateway.ts';
import { accountOf, sourcesOf } from './testing/sample-gateway.ts';

const EU = 'eu-west-1';
const HERE = 'https://aws.tenant.example';

function account(name: string, endpoint?: string, region = EU, ca?: string) {
  const spec = {
    ...{ type: 'aws' as const, gateway: 'gw', credentials: { name }, settings: { region } },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(ca === undefined ? {} : { ca }),
  };
  return accountOf({ name, spec });
}

describe('where AWS’s provider finds its services', () => {
  test('is not said where accounts say nothing', () => {
    assert.deepEqual(awsServices([account('one'), accountOf()]), {});
  });

  test('is the endpoint of the accounts, in each of their regions, and what it is known by', () => {
    const values = awsServices([account('one', HERE, EU, 'pem'), account('two', HERE, 'eu-north-1', 'pem')]);
    assert.deepEqual([values.endpoint, values.ca], [HERE, 'pem']);
    const regions = `${values.serviceEndpoints}`.split(';');
    assert.deepEqual(
      regions.map((one) => one.split(':')[0]),
      ['eu-north-1', EU],
    );
    for (const one of regions) assert.ok(one.includes(`eks=${HERE},`) && one.includes(`sts=${HERE}`), one);
  });

  test('is the first account’s where accounts of one region differ, and the other waits', () => {
    const accounts = [account('one', HERE), account('two', 'https://other.example'), account('three')];
    assert.deepEqual(
      accounts.map((one) => otherEndpoint(one, accounts)),
      [undefined, 'one', 'one'],
    );
    const credentials = { state: 'found', texts: { key: 'k' } } as const;
    const plan = planGateway(
      sourcesOf({ accounts: accounts.map((one) => ({ account: one, credentials })), clusters: [] }),
      [],
    );
    assert.deepEqual(plan.findings, []);
    assert.deepEqual(
      plan.accountFindings.get('two')?.map(({ code }) => code),
      ['ACCOUNT_ENDPOINTS_DIFFER'],
    );
    const names = plan.layers.map(({ name }) => name);
    assert.ok(names.includes('account-one') && !names.includes('account-two'), names.join());
  });
});
