import type { HubProblem } from '../../../client/browser/hub-problem.ts';

/** Whether the session has ended while somebody works, and who waits for a new one. */
class SignedOut {
  #problem: HubProblem | undefined;
  #waiting = Promise.withResolvers<void>();
  readonly #listeners = new Set<() => void>();

  /** What the hub said; undefined while there is a session. */
  readonly problem = (): HubProblem | undefined => this.#problem;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  async wait(problem: HubProblem): Promise<void> {
    this.#set(this.#problem ?? problem);
    await this.#waiting.promise;
  }

  settle(): void {
    this.#set(undefined);
    this.#waiting.resolve();
    this.#waiting = Promise.withResolvers();
  }

  #set(problem: HubProblem | undefined): void {
    this.#problem = problem;
    for (const listener of this.#listeners) listener();
  }
}

export const signedOut = new SignedOut();

/** Settles once somebody has signed in again. */
export async function signedInAgain(problem: HubProblem): Promise<void> {
  await signedOut.wait(problem);
}
