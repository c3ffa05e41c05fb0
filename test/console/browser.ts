import assert from 'node:assert/strict';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, chromium, type Page } from 'playwright-core';
import { ensureHost, findExecutable } from '../cluster/host.ts';

export type Theme = 'light' | 'dark';
export const THEMES: readonly Theme[] = ['light', 'dark'];

/** Reached only by what never comes: machines may be slow. */
const LIMIT_MS = 60_000;
const WIDTH = { width: 1280, height: 900 };
/** WCAG 2.2 AA, with all that it is built on. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Debian's Chromium, without a screen. */
export async function startBrowser(): Promise<Browser> {
  await ensureHost({ install: true, groups: ['browser'] });
  const executablePath = await findExecutable('chromium');
  assert.ok(executablePath !== undefined);
  // Its own sandbox does not work for root, whom a cluster needs.
  return await chromium.launch({ executablePath, args: ['--no-sandbox', '--js-flags=--expose-gc'] });
}

/** A tab with cookies of its own, and what it should never do: ask others, or complain. */
export interface Tab {
  readonly page: Page;
  /** Requests of the console to anything but the hub. */
  readonly foreign: readonly string[];
  /** Errors in the console of the browser. */
  readonly errors: readonly string[];
  /** Forgets errors that were asked for. */
  forgive(): void;
  close(): Promise<void>;
}

/** An identity provider may be gone to; what its own pages do is not looked at. */
export async function openTab(
  browser: Browser,
  url: string,
  theme: Theme = 'light',
  identityProvider?: string,
): Promise<Tab> {
  // Only users of the hub know its authority.
  const context = await browser.newContext({ colorScheme: theme, ignoreHTTPSErrors: true, viewport: WIDTH });
  context.setDefaultTimeout(LIMIT_MS);
  const page = await context.newPage();
  const foreign: string[] = [];
  const errors: string[] = [];
  const { origin } = new URL(url);
  const isProvider = (address: string) =>
    identityProvider !== undefined && address.startsWith(`${identityProvider}/`);
  page.on('request', (request) => {
    const asked = request.url();
    if (isProvider(request.frame().url()) || (request.isNavigationRequest() && isProvider(asked))) return;
    if (!asked.startsWith(`${origin}/`) && !asked.startsWith('data:')) foreign.push(asked);
  });
  page.on('console', (message) => {
    if (isProvider(message.location().url)) return;
    // Which answer that was is said below.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      errors.push(message.text());
  });
  page.on('response', (response) => {
    if (response.status() >= 400 && !isProvider(response.url()))
      errors.push(`${response.request().method()} ${new URL(response.url()).pathname} ${response.status()}`);
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  const forgive = () => void errors.splice(0);
  return { page, foreign, errors, forgive, close: async () => await context.close() };
}

/** Signs in with a pasted token, by keyboard alone. */
export async function signIn({ page, forgive }: Tab, url: string, token: string): Promise<void> {
  await page.goto(url);
  await page.getByLabel('Token').waitFor();
  await tabTo(page, 'Token');
  await page.keyboard.insertText(token);
  await page.keyboard.press('Enter');
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
  // Before signing in the session is an answer of 401, which a browser writes down as an error.
  forgive();
}

const MOST_STEPS = 80;

/** Presses Tab until something of this name has the focus. */
export async function tabTo(page: Page, name: string): Promise<void> {
  for (let step = 0; step < MOST_STEPS; step++) {
    if ((await focusedName(page)) === name) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`${name} can't be reached by keyboard; ${await focusedName(page)} has the focus`);
}

/** What a screen reader would call what has the focus. */
async function focusedName(page: Page): Promise<string> {
  return String(await page.evaluate(NAME_OF_FOCUSED));
}

// Runs in the browser.
const NAME_OF_FOCUSED = `(() => {
  const element = document.activeElement;
  if (!(element instanceof HTMLElement)) return '';
  const labels = [...(element.labels ?? [])].map((label) => label.textContent);
  const named = element.getAttribute('aria-label') || labels.join(' ') || element.textContent || '';
  return named.replace(/\\s+/g, ' ').trim();
})()`;

/** Everything that axe finds on a page against WCAG 2.2 AA. */
export async function axeFindings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}
