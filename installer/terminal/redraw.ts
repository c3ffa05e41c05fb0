import { type Console, isFancy, type OutputFormat } from './console.ts';

/** Shows one state after another. */
export interface Redraw {
  /** A state as JSON and for people; nothing happens where it is the one that is shown. */
  show(json: unknown, text: () => string): void;
}

const CLEAR = '\u001b[H\u001b[2J\u001b[3J';

/**
 * On a terminal each state is drawn over the one before; elsewhere each is one line of JSON, with the time at which it
 * was seen, and only where something has changed.
 */
export function openRedraw(console: Console, format: OutputFormat, now: () => Date): Redraw {
  const isDrawn = format === 'text' && isFancy(console);
  let last: string | undefined;
  return {
    show: (json, text) => {
      const line = JSON.stringify(json);
      if (isDrawn) {
        console.stdout.write(`${CLEAR}${text()}\n\n${now().toISOString()}, Ctrl-C ends this\n`);
        return;
      }
      if (line === last) return;
      last = line;
      console.stdout.write(`${JSON.stringify({ at: now().toISOString(), ...asObject(json) })}\n`);
    },
  };
}

function asObject(json: unknown): object {
  return typeof json === 'object' && json !== null ? json : { value: json };
}
