import { type Tone, toneOf } from './state-tone.ts';

const SHAPES: Readonly<Record<Tone, string>> = {
  good: 'M3 8.5 6.5 12 13 4.5',
  busy: 'M8 2a6 6 0 1 1-5.2 3M2.8 2v3.2H6',
  warn: 'M8 2 14.5 13.5H1.5ZM8 6.5v3.2M8 11.6v.2',
  bad: 'M4 4l8 8M12 4l-8 8',
  quiet: 'M3 8h10',
  unknown: 'M5.5 6a2.5 2.5 0 1 1 3.6 2.2C8.3 8.7 8 9 8 10M8 12.4v.2',
};

/** A state as a shape and a word; the colour only repeats it. */
export function State({ state, tone = toneOf(state) }: { readonly state: string; readonly tone?: Tone }) {
  return (
    <span className={`state ${tone}`}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d={SHAPES[tone]} />
      </svg>
      {state}
    </span>
  );
}
