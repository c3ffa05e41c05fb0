import { type Likelihood, likelihoodOf } from './likelihood.ts';

export interface TextImage {
  readonly reference: string;
  readonly likelihood: Likelihood;
}

/** Longer texts are searched only up to here. */
const MAX_TEXT = 4 * 1024 * 1024;
const RUNS = /[A-Za-z0-9._:/@+-]{2,}/g;
/** What stands right before or behind a word that is only a part of something: a variable, a template, a pattern. */
const JOINED_BEFORE = /[%$~\\})\]*#?&]/;
const JOINED_BEHIND = /[%$~\\{(*?&[]/;

/** Everything in a text that could be an image reference. `key` is the name of the field, flag or variable that holds it. */
export function imagesInText(text: string, key: string | undefined): TextImage[] {
  const found = new Map<string, TextImage>();
  for (const match of text.slice(0, MAX_TEXT).matchAll(RUNS)) {
    const [run] = match;
    const image = imageIn(text, run, match.index, key);
    if (image === undefined || found.get(image.reference)?.likelihood === 'likely') continue;
    found.set(image.reference, image);
  }
  return [...found.values()];
}

function imageIn(text: string, run: string, index: number, key: string | undefined): TextImage | undefined {
  const end = index + run.length;
  if (JOINED_BEFORE.test(text.charAt(index - 1)) || JOINED_BEHIND.test(text.charAt(end))) return undefined;
  const reference = run.replace(/^docker:\/\//, '').replace(/[.:]+$/, '');
  if (reference.includes('//') || !/[a-z]/.test(reference)) return undefined;
  const before = text.slice(Math.max(0, index - 120), index);
  // Most words of a text are just words: only the name of an image makes one of them an image.
  if (!/[/:@]/.test(reference) && !/im(?:age|g)/i.test(key ?? '') && !/im(?:age|g)/i.test(before))
    return undefined;
  const alone =
    before.trim() === '' &&
    index < 120 &&
    text.slice(end, end + 2).trim() === '' &&
    text.slice(end).trim() === '';
  const own = keyBefore(before);
  const whole = alone || (isValueStart(before) && isValueEnd(text.slice(end, end + 40)));
  const likelihood = likelihoodOf(reference, {
    key: alone ? key : (own ?? (isPair(before) ? undefined : listKey(key, whole))),
    whole,
  });
  return likelihood === undefined ? undefined : { reference, likelihood };
}

// The items of `a:1,b:2` are what the name of the whole says; words of a prose are not.
function listKey(key: string | undefined, whole: boolean): string | undefined {
  return whole ? key : undefined;
}

/** The name right before a value: `key: value`, `key=value`, `"key": "value"`, `--flag value`. */
function keyBefore(before: string): string | undefined {
  return (
    /([A-Za-z_-][\w.-]*)["']?[ \t]*[:=][ \t]*["'`]?$/.exec(before)?.[1] ??
    /(?:^|\s)(--?[a-z][\w-]*)[ \t]+["'`]?$/.exec(before)?.[1]
  );
}

function isPair(before: string): boolean {
  return /=["'`]?$/.test(before);
}

function isValueStart(before: string): boolean {
  return /(?:^|[=,;\n[]|:[ \t]|-[ \t]|--?[a-z][\w-]*[ \t])[ \t]*["'`]?$/.test(before);
}

function isValueEnd(behind: string): boolean {
  return /^["'`]?[ \t]*(?:$|[,;\n\r\]}]|#)/.test(behind);
}
