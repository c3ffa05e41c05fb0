import type { KubeClient } from '../../apply/client/client.ts';
import type { UpgradeProof } from '../../bundle/statement/upgrade-proof.ts';
import { installerError } from '../errors.ts';
import { newAttempts, outsideAttempts } from './outside-attempts.ts';
import { PullWatch } from './pull-watch.ts';
import { missedRequests } from './request-log.ts';

export interface SealInput {
  readonly client: KubeClient;
  /** Where the workstation's registry writes what it was asked. */
  readonly requestLog: string;
  /** A command that tells what tried to leave the scratch cluster; undefined where there is none. */
  readonly outsideCommand: string | undefined;
  readonly signal: AbortSignal;
}

/** All that is watched while a pair is rehearsed: what is not in the bundle shows here. */
export class Seals {
  readonly #input: SealInput;
  readonly #pulls: PullWatch;
  readonly #before: readonly string[];

  private constructor(input: SealInput, pulls: PullWatch, before: readonly string[]) {
    this.#input = input;
    this.#pulls = pulls;
    this.#before = before;
  }

  static async begin(input: SealInput): Promise<Seals> {
    const { client, outsideCommand, signal } = input;
    const before = outsideCommand === undefined ? [] : await outsideAttempts(outsideCommand, signal);
    return new Seals(input, await PullWatch.begin(client, signal), before);
  }

  async close(): Promise<void> {
    await this.#pulls.close();
  }

  /** Ends the watch; says what was watched and how. Throws REHEARSAL_FAILED where anything was asked for elsewhere. */
  async end(): Promise<UpgradeProof['watched']> {
    const { requestLog, outsideCommand, signal } = this.#input;
    const foreign = await this.#pulls.end(signal);
    refuse(
      'pulls',
      foreign.map(({ image, where }) => `${image} (${where})`),
    );
    const { requests, missed } = await missedRequests(requestLog);
    refuse('requests', missed);
    const after = outsideCommand === undefined ? [] : await outsideAttempts(outsideCommand, signal);
    refuse('outside', newAttempts(this.#before, after));
    return [
      {
        what: 'images that nodes were asked for',
        isWatched: true,
        how: `${this.#pulls.images} images, all at the private registry; by events of pods and by pods, every 2 s`,
      },
      {
        what: 'requests to the workstation for what it does not have',
        isWatched: true,
        how: `none among ${requests}; by the log of its registry`,
      },
      outsideCommand === undefined
        ? {
            what: 'names looked up and packets sent to the outside',
            isWatched: false,
            how: 'the cluster does not tell, and no command was given that does',
          }
        : {
            what: 'names looked up and packets sent to the outside',
            isWatched: true,
            how: 'none; by a command of the scratch cluster’s owner',
          },
    ];
  }
}

const MOST = 10;

function refuse(subject: string, seen: readonly string[]): void {
  if (seen.length === 0) return;
  const detail = `${seen.length} that should not be: ${seen.slice(0, MOST).join('; ')}`;
  throw installerError('REHEARSAL_FAILED', { subject, detail });
}
