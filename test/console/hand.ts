import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';

/** Somebody at a page, who has but a keyboard or works it with a mouse; texts are typed either way. */
export interface Hand {
  readonly way: 'keyboard' | 'mouse';
  /** A button, a link, or what opens a part of the page. */
  press(target: Locator): Promise<void>;
  /** Puts a text in the place of what a field has. */
  type(field: Locator, text: string): Promise<void>;
  /** Chooses of a list by what is shown. */
  choose(list: Locator, label: string): Promise<void>;
  /** Marks a box, or one of several. */
  mark(box: Locator): Promise<void>;
  /** Goes to a part of the page. */
  turnTo(tab: Locator): Promise<void>;
}

/** Never touches the page but by keys: what Tab and arrows don't reach can't be used. */
export function keyboardOn(page: Page): Hand {
  const press = async (...keys: readonly string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  return {
    way: 'keyboard',
    press: async (target) => {
      await reach(page, target);
      await press('Enter');
    },
    type: async (field, text) => {
      await reach(page, field);
      await press('ControlOrMeta+A');
      await page.keyboard.insertText(text);
    },
    choose: async (list, label) => {
      await reach(page, list);
      await press('Home');
      await untilKeys(
        page,
        'ArrowDown',
        async () => (await list.locator('option:checked').textContent()) === label,
      );
    },
    mark: async (box) => {
      await reach(page, box);
      const key = (await box.getAttribute('type')) === 'radio' ? 'ArrowDown' : 'Space';
      await untilKeys(page, key, async () => await box.isChecked());
    },
    turnTo: async (tab) => {
      await reach(page, page.getByRole('tab', { selected: true }));
      await untilKeys(page, 'ArrowRight', async () => (await tab.getAttribute('aria-selected')) === 'true');
    },
  };
}

export function mouseOn(page: Page): Hand {
  return {
    way: 'mouse',
    press: async (target) => await target.click(),
    type: async (field, text) => {
      await field.click();
      await page.keyboard.press('ControlOrMeta+A');
      await page.keyboard.insertText(text);
    },
    // A list opens in a window of the system, which no test can point at.
    choose: async (list, label) => {
      await list.click();
      await page.keyboard.press('Escape');
      await list.selectOption({ label });
    },
    mark: async (box) => await box.click(),
    turnTo: async (tab) => await tab.click(),
  };
}

const MOST_STEPS = 200;

/** Presses Tab until this has the focus, or one of the buttons of its group, which arrows then go through. */
async function reach(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  const focused = page.locator(':focus');
  const group = (await target.getAttribute('type')) === 'radio' ? await target.getAttribute('name') : null;
  await untilKeys(page, 'Tab', async () => {
    if ((await target.and(focused).count()) > 0) return true;
    return group !== null && (await page.locator(`input[type=radio][name="${group}"]:focus`).count()) > 0;
  });
}

async function untilKeys(page: Page, key: string, isDone: () => Promise<boolean>): Promise<void> {
  for (let step = 0; step < MOST_STEPS; step++) {
    if (await isDone()) return;
    await page.keyboard.press(key);
  }
  const focused = await page.evaluate("document.activeElement?.outerHTML ?? 'nothing'");
  assert.fail(`${MOST_STEPS} times ${key} were not enough; the focus is on ${String(focused).slice(0, 300)}`);
}
