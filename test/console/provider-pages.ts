import type { Page } from 'playwright-core';
import { until } from '../fleet/until.ts';

/** Goes through the pages of the test's identity provider as a user, by keys alone, until they have led back. */
export async function passProvider(page: Page, provider: string, user: string, isBack: () => boolean) {
  await until('the identity provider leads back', async () => {
    if (isBack()) return true;
    try {
      await onwards(page, provider, user);
    } catch (error) {
      // It went on, or closed itself, in the middle.
      if (!/closed|navigat|destroyed|detached/i.test(String(error))) throw error;
    }
    return undefined;
  });
}

async function onwards(page: Page, provider: string, user: string): Promise<void> {
  if (!page.url().startsWith(`${provider}/`)) return;
  const name = page.locator('input[name=login]');
  if ((await name.count()) > 0) {
    await name.focus();
    await page.keyboard.insertText(user);
    await page.keyboard.press('Tab');
    await page.keyboard.insertText('any');
    await page.keyboard.press('Enter');
  } else if ((await page.locator('button[type=submit]').count()) > 0) {
    // Its one button, or the first of them, has the focus.
    await page.keyboard.press('Enter');
  }
}
