import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLOUD_TYPES } from '../../api/cloud-account.ts';
import { driverOf } from './drivers.ts';

for (const type of CLOUD_TYPES)
  test(`accounts of type ${type} have a driver, which takes an empty placement or says what it lacks`, async () => {
    const driver = await driverOf(type);
    assert.equal(driver.type, type);
    for (const { path, detail } of driver.checkPlacement({})) assert.ok(`${path}${detail}` !== '');
  });
