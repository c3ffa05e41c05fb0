import { it } from 'node:test';

/** Tests of one story, each after the one before. */
export class Sequence {
  #hasFailed = false;

  /** Whether any of it has failed. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** As `it`; left out where an earlier one has failed. */
  readonly step = (title: string, run: () => Promise<void>): void =>
    void it(title, async (context) => {
      if (this.#hasFailed) return context.skip('an earlier step has failed');
      this.#hasFailed = true;
      await run();
      this.#hasFailed = false;
    });
}
