import assert from 'node:assert/strict';
import type { Answer } from '../client.ts';
import type { Operation } from './operation.ts';
import type { Oracle } from './oracle.ts';
import { perform, type Sender } from './perform.ts';

/**
 * Does operations one after the other and writes down in the oracle what came of them. A registry that fails says so in
 * the specification's form, and one that is gone breaks the connection.
 */
export async function work(
  client: Sender,
  oracle: Oracle,
  operations: Iterable<Operation>,
  onAnswer: (operation: Operation, answer: Answer | undefined) => void | Promise<void> = () => {},
): Promise<void> {
  for (const operation of operations) {
    // Where so much was left open, nothing can be told from what is seen.
    if (oracle.possible(operation.to).length > MOST_POSSIBLE) return;
    const flight = oracle.begin(operation);
    const answer = await perform(client, operation).catch((error: unknown) => {
      assert.ok(error instanceof Error && 'code' in error, `not a broken connection: ${error}`);
      return undefined;
    });
    flight.land(answer?.status);
    if (answer !== undefined && answer.status >= 500)
      assert.ok(answer.codes.length > 0, `${answer.status} without a code: ${answer.body}`);
    await onAnswer(operation, answer);
  }
}

const MOST_POSSIBLE = 64;
