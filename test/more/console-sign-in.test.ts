import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { z } from 'zod';
import { API_VERSION } from '../../platform/api/group.ts';
import { Rollout } from '../../platform/api/rollout.ts';
import { axeFindings, openTab, startBrowser, type Tab } from '../console/browser.ts';
import { type Hand, keyboardOn, mouseOn } from '../console/hand.ts';
import { keepPicture } from '../console/picture.ts';
import { passProvider } from '../console/provider-pages.ts';
import { PROJECT, type ProviderSite, startProviderSite } from '../console/provider-site.ts';
import { pathOf } from '../fleet/managed.ts';

const RolloutList = z.looseObject({
  items: z.array(
    z.looseObject({
      metadata: z.looseObject({ name: z.string() }),
      spec: z.looseObject({
        batch: z.int().optional(),
        selector: z.record(z.string(), z.string()).optional(),
      }),
    }),
  ),
});
/** A session outlives many of its tokens; it ends with one that the issuer does not renew. */
const TOKEN_SECONDS = 30;

describe('the console for people of an identity provider', { timeout: 900_000 }, () => {
  let site: ProviderSite;
  let browser: Browser;
  let tab: Tab;
  let ui: string;
  let provider: string;

  before(async () => {
    [site, browser] = await Promise.all([
      startProviderSite('consoleoidc', { roles: ['admin', 'viewer'], tokenSeconds: TOKEN_SECONDS }),
      startBrowser(),
    ]);
    const { issuer, hub } = site;
    issuer.users.set('alice', { groups: ['skerry-admin'] });
    issuer.users.set('vera', { groups: ['skerry-viewer'] });
    ui = `${hub.url}/ui/`;
    provider = issuer.url;
    const profile = { name: 'base', version: '1.0.0', packs: [packOf(site)] };
    await site.site.client.create(object('ClusterProfile', 'base-1.0.0', profile));
    await site.site.client.create(
      object('Cluster', 'east', { profiles: [{ name: 'base', version: '1.0.0' }] }),
    );
    tab = await openTab(browser, ui, 'light', provider);
  });
  after(async () => {
    await browser?.close();
    await site?.stop();
  });

  const byProvider = () => tab.page.getByRole('button', { name: /^Sign in with (?!the token)/ });
  const signIn = async (hand: Hand, user: string) => {
    const { page } = tab;
    await hand.press(byProvider());
    await page.waitForURL(`${provider}/**`);
    await passProvider(page, provider, user, () => page.url().startsWith(ui));
    await page.getByRole('navigation', { name: 'Pages' }).waitFor();
    forgive(['GET /auth/session 401']);
  };
  const signOut = async (hand: Hand, user: string) => {
    const { page } = tab;
    await hand.press(page.getByText(`oidc:${user}`).first());
    await hand.press(page.getByRole('button', { name: 'Sign out' }));
    // The provider asks whether its own session is to end too.
    await page.waitForURL(`${provider}/**`);
    await passProvider(page, provider, user, () => page.url().startsWith(ui));
    await byProvider().waitFor();
    forgive(['GET /auth/session 401']);
  };
  /** Nothing but what was asked for. */
  const forgive = (expected: readonly string[]) => {
    assert.deepEqual(
      tab.errors.filter((error) => !expected.includes(error)),
      [],
    );
    tab.forgive();
  };

  for (const [way, hand] of [
    ['keyboard', keyboardOn],
    ['mouse', mouseOn],
  ] as const) {
    test(`sign in by ${way} where they wanted to go, and sign out of the provider too`, async () => {
      const { page } = tab;
      await page.goto(`${ui}clusters/${PROJECT}/east?tab=settings`);
      await byProvider().waitFor();
      assert.deepEqual(await axeFindings(page), []);
      await keepPicture(page, `sign-in-${way}`);
      const asked = site.issuer.tokenRequests();
      await signIn(hand(page), 'alice');
      // The hub got the code and changed it into tokens; no script of the page ever sees one.
      assert.equal(site.issuer.tokenRequests(), asked + 1);
      assert.equal(await page.evaluate('document.cookie'), '');
      const kept = String(await page.evaluate('JSON.stringify([localStorage, sessionStorage])'));
      assert.doesNotMatch(kept, /eyJ/);
      await page.getByRole('heading', { level: 1, name: 'east' }).waitFor();
      await page.getByRole('tab', { name: 'Settings', selected: true }).waitFor();
      await signOut(hand(page), 'alice');
      assert.equal(await statusOf('/auth/session'), 401);
      // It is not let in without a word by a session that the provider still has.
      await hand(page).press(byProvider());
      await page.locator('input[name=login]').waitFor();
      await page.goto(ui);
      await byProvider().waitFor();
      forgive(['GET /auth/session 401']);
      assert.deepEqual(tab.foreign, []);
    });
  }

  test('see and may do what their groups say', async () => {
    const { page } = tab;
    await signIn(mouseOn(page), 'vera');
    await page.goto(`${ui}clusters/${PROJECT}/east`);
    await page.getByRole('tab', { name: 'Settings' }).click();
    await page.getByText('All that was asked for').waitFor();
    for (const name of ['Pause', 'Delete', 'Use it', 'Make a token'])
      assert.equal(await page.getByRole('button', { name }).count(), 0, name);
    await page.goto(`${ui}new-cluster?project=${PROJECT}`);
    await page.getByText('Your role in this project makes no clusters.').waitFor();
    assert.equal(await statusOf(`/api/v1/projects/${PROJECT}/clusters`, { name: 'mine', spec: {} }), 403);
    forgive([`POST /api/v1/projects/${PROJECT}/clusters 403`]);
    await signOut(mouseOn(page), 'vera');
  });

  for (const [way, hand] of [
    ['keyboard', keyboardOn],
    ['mouse', mouseOn],
  ] as const) {
    test(`go on by ${way} where their session ended, with all that was typed`, async () => {
      const { page } = tab;
      await page.goto(ui);
      await signIn(hand(page), 'alice');
      await page.goto(`${ui}rollouts/start?project=${PROJECT}&profile=base-1.0.0`);
      await hand(page).type(page.getByLabel('Only clusters with labels'), `way=${way}`);
      await hand(page).type(page.getByLabel('Clusters at a time'), '7');
      // The issuer renews nothing for somebody who has left; the page hears of it without being touched.
      site.issuer.users.delete('alice');
      const dialog = page.getByRole('dialog', { name: 'Your session has ended' });
      await dialog.waitFor({ timeout: 120_000 });
      assert.equal(await statusOf('/auth/session'), 401);
      await page.keyboard.press('Escape');
      assert.equal(await dialog.isVisible(), true);
      assert.deepEqual(await axeFindings(page), []);
      await keepPicture(page, `session-ended-${way}`);
      site.issuer.users.set('alice', { groups: ['skerry-admin'] });
      const [popup] = await Promise.all([
        page.waitForEvent('popup'),
        hand(page).press(dialog.getByRole('button', { name: /^Sign in with (?!the token)/ })),
      ]);
      await passProvider(popup, provider, 'alice', () => popup.isClosed());
      await dialog.waitFor({ state: 'detached' });
      await hand(page).press(page.getByRole('button', { name: 'Start', exact: true }));
      const heading = page.getByRole('heading', { level: 1, name: /^base-1\.0\.0/ });
      await heading.waitFor();
      const rollouts = await rolloutsOf(way);
      assert.deepEqual(
        rollouts.map(({ spec }) => spec.batch),
        [7],
      );
      // What is shown lives on: the stream of changes is there again too.
      const name = rollouts[0]?.metadata.name ?? '';
      await page.getByRole('button', { name: 'Pause' }).waitFor();
      await patchRollout(name, { paused: true });
      await page.getByRole('button', { name: 'Resume' }).waitFor();
      assert.deepEqual(tab.foreign, []);
      tab.forgive();
      await signOut(hand(page), 'alice');
    });
  }

  async function statusOf(path: string, body?: object): Promise<number> {
    const sent = JSON.stringify({
      ...(body === undefined
        ? {}
        : {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(body),
          }),
    });
    return Number(
      await tab.page.evaluate(`fetch(${JSON.stringify(path)}, ${sent}).then(({ status }) => status)`),
    );
  }

  async function rolloutsOf(way: string) {
    const { items } = RolloutList.parse(await site.site.cluster.api.get(pathOf(Rollout, PROJECT)));
    return items.filter(({ spec }) => spec.selector?.way === way);
  }

  async function patchRollout(name: string, spec: object): Promise<void> {
    const { status } = await site.site.cluster.api.request(pathOf(Rollout, PROJECT, name), {
      method: 'PATCH',
      body: { spec },
      contentType: 'application/merge-patch+json',
    });
    assert.equal(status, 200);
  }
});

function object(kind: string, name: string, spec: object) {
  return { apiVersion: API_VERSION, kind, metadata: { namespace: PROJECT, name }, spec };
}

function packOf({ site: { digests } }: ProviderSite) {
  return { name: 'podinfo', version: '1.0.0', digest: digests.get('podinfo:1.0.0') };
}
