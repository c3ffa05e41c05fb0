/** One step of a run, by the words of its title that stay the same from version to version. */
export interface StepRun {
  readonly name: string;
  readonly seconds: number;
}

/**
 * Times the steps that a program tells of on standard error, one line at each begin and each end, by when the lines
 * come. So programs are compared that were made before they printed times themselves.
 */
export class StepTimer {
  readonly #steps: StepRun[] = [];
  #rest = '';
  #begun: { title: string; at: number } | undefined;

  /** `at` is when the text came, in milliseconds. */
  take(text: string, at: number): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line, at);
  }

  get steps(): readonly StepRun[] {
    return this.#steps;
  }

  #line(line: string, at: number): void {
    const begun = /^\[\.\.\.\.\] (.+)$/.exec(line)?.[1];
    if (begun !== undefined) this.#begun = { title: begun, at };
    if (!line.startsWith('[done] ') || this.#begun === undefined) return;
    const { title, at: since } = this.#begun;
    this.#steps.push({ name: nameOf(title), seconds: (at - since) / 1000 });
    this.#begun = undefined;
  }
}

/** The leading words, up to the first that names a path, an address or a number. */
function nameOf(title: string): string {
  const words = title.split(' ');
  const end = words.findIndex((word) => /[/:\d]/.test(word));
  return words.slice(0, end === -1 ? 4 : Math.min(end, 4)).join(' ');
}
