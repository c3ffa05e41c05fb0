import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';

/** WCAG 2.2, 1.4.3 and 1.4.11. */
const TEXT = 4.5;
const BORDER = 3;
const THEMES = ['light', 'dark'] as const;
const WORDS = ['text', 'faint', 'link', 'good', 'busy', 'warn', 'bad', 'quiet', 'unknown'];

describe('the colours of the console', () => {
  const colours = new Map<string, readonly [string, string]>();

  before(async () => {
    const style = await readFile(join(import.meta.dirname, 'style.css'), 'utf8');
    for (const [, name = '', light = '', dark = ''] of style.matchAll(
      /--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g,
    ))
      colours.set(name, [light, dark]);
    for (const [, name = '', both = ''] of style.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g))
      colours.set(name, [both, both]);
    assert.ok(colours.size > 15);
  });

  const colour = (name: string, theme: (typeof THEMES)[number]) =>
    colours.get(name)?.[THEMES.indexOf(theme)] ?? assert.fail(name);

  for (const theme of THEMES) {
    const contrast = (one: string, other: string) => ratio(colour(one, theme), colour(other, theme));

    test(`let words be read on every ground, ${theme}`, () => {
      const pairs = [
        ...WORDS.flatMap((word) => ['ground', 'card'].map((ground) => [word, ground] as const)),
        ...['text', 'link', 'warn'].map((word) => [word, 'warn-ground'] as const),
        ...['text', 'link', 'bad'].map((word) => [word, 'bad-ground'] as const),
        ['on-accent', 'accent'] as const,
      ];
      const faint = pairs.filter(([word, ground]) => contrast(word, ground) < TEXT);
      assert.deepEqual(faint, []);
    });

    test(`let fields and buttons be seen, ${theme}`, () => {
      for (const ground of ['ground', 'card']) assert.ok(contrast('strong-line', ground) >= BORDER, ground);
    });
  }

  test('are measured as WCAG does', () => {
    assert.equal(ratio('#ffffff', '#000000'), 21);
    assert.ok(Math.abs(ratio('#777777', '#ffffff') - 4.48) < 0.01);
  });
});

/** Contrast ratio of two colours, from 1 to 21. */
function ratio(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
