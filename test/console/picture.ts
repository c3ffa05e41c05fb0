import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

/** Where pictures go, to be looked at. */
const PICTURES = process.env.SKERRY_PICTURES;

/** Keeps a picture of a page; nothing without a folder for it. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  await mkdir(PICTURES, { recursive: true });
  // Hiding the caret would put a style into the page, which its policy refuses.
  await page.screenshot({ path: join(PICTURES, `${name}.png`), caret: 'initial', animations: 'allow' });
}

/** Until nothing loads any more. */
export async function settledPage(page: Page): Promise<void> {
  await page
    .getByText(/Loading|Asking|Working out/)
    .first()
    .waitFor({ state: 'hidden' });
}
