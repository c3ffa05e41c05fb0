import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type AttemptLimits, Attempts, DEFAULT_ATTEMPTS } from './attempts.ts';

const LIMITS: AttemptLimits = {
  ...DEFAULT_ATTEMPTS,
  window: 100_000,
  perPair: 3,
  perAddress: 8,
  perAccount: 6,
  firstDelay: 1000,
  longestDelay: 8000,
};

function attempts(limits: Partial<AttemptLimits> = {}) {
  const state = { now: 1_000_000 };
  const tries = new Attempts({ ...LIMITS, ...limits }, () => state.now);
  /** Gives the wait after a try that was looked at, or "refused" with the wait when it was not. */
  const go = (user: string, address: string, right = false): number | string => {
    const attempt = tries.begin(user, address);
    return typeof attempt === 'number' ? `refused ${attempt}` : attempt.end(right);
  };
  return { state, go, tries };
}

suite('login attempts', () => {
  test('after a few wrong tries the wait begins, and doubles up to the longest', () => {
    const { state, go } = attempts();
    assert.deepEqual([go('ada', '1.1.1.1'), go('ada', '1.1.1.1')], [0, 0]);
    const waits: (number | string)[] = [];
    for (let n = 0; n < 5; n++) {
      const wait = go('ada', '1.1.1.1');
      waits.push(wait);
      assert.equal(go('ada', '1.1.1.1', true), `refused ${wait}`, 'also the right password has to wait');
      state.now += Number(wait);
    }
    assert.deepEqual(waits, [1000, 2000, 4000, 8000, 8000]);
  });

  test('what is long ago counts no more, and a right try ends the count', () => {
    const { state, go } = attempts();
    for (let n = 0; n < 3; n++) go('ada', '1.1.1.1');
    assert.equal(go('ada', '1.1.1.1'), 'refused 1000');
    state.now += LIMITS.window;
    assert.deepEqual([go('ada', '1.1.1.1'), go('ada', '1.1.1.1')], [0, 0]);
    assert.equal(go('ada', '1.1.1.1', true), 0);
    assert.deepEqual([go('ada', '1.1.1.1'), go('ada', '1.1.1.1')], [0, 0]);
  });

  test('a stranger locks nobody out at another address', () => {
    const { go } = attempts();
    for (let n = 0; n < 20; n++) go('ada', '6.6.6.6');
    assert.match(String(go('ada', '6.6.6.6')), /^refused/);
    assert.equal(go('ada', '1.1.1.1', true), 0);
  });

  test('not even from many addresses: a new address has its first try, and one that is known all of them', () => {
    const { go } = attempts();
    assert.equal(go('ada', '1.1.1.1', true), 0);
    for (let n = 0; n < 10; n++) go('ada', `6.6.6.${n}`);
    assert.equal(go('ada', '2.2.2.2', true), 0, 'the first try is looked at');
    assert.equal(go('ada', '6.6.7.7'), 1000, 'and a wrong one is not forgiven');
    assert.equal(go('ada', '1.1.1.1'), 0);
    assert.equal(go('ada', '1.1.1.1'), 0);
    assert.equal(go('ada', '1.1.1.1'), 1000);
  });

  test('one address is limited whatever the account', () => {
    const { go } = attempts();
    const waits = Array.from({ length: 9 }, (_, n) => go(`user-${n}`, '6.6.6.6'));
    assert.deepEqual(waits, [0, 0, 0, 0, 0, 0, 0, 1000, 'refused 1000']);
    assert.equal(go('user-1', '1.1.1.1'), 0);
  });

  test('tries at the same time do not slip through', () => {
    const { tries } = attempts();
    const begun = Array.from({ length: 10 }, () => tries.begin('ada', '6.6.6.6'));
    assert.equal(begun.filter((one) => typeof one !== 'number').length, 3);
    for (const one of begun) if (typeof one !== 'number') one.end(false);
    assert.equal(tries.begin('ada', '6.6.6.6'), 1000);
  });

  test("a site's whole IPv6 network counts as one address, and IPv4 within IPv6 as IPv4", () => {
    const { go } = attempts();
    go('ada', '2001:db8:1:2::1');
    go('ada', '2001:db8:1:2:ffff::9');
    assert.equal(go('ada', '2001:db8:1:2:a:b:c:d'), 1000);
    assert.equal(go('ada', '2001:db8:1:3::1'), 0);
    for (let n = 0; n < 3; n++) go('eve', '::ffff:9.9.9.9');
    assert.equal(go('eve', '9.9.9.9'), 'refused 1000');
    assert.equal(go('eve', '::1'), 0);
  });

  test('memory is bounded: what was touched longest ago is forgotten', () => {
    const { go } = attempts({ entries: 4, perAccount: 1000 });
    for (let n = 0; n < 3; n++) go('ada', '6.6.6.6');
    assert.equal(go('ada', '6.6.6.6'), 'refused 1000');
    for (let n = 0; n < 4; n++) go('ada', `7.7.7.${n}`);
    assert.equal(go('ada', '6.6.6.6'), 0);
  });
});
