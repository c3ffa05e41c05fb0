import type { Clock } from '../../../apply/clock.ts';
import { tryJson } from '../../../content/json.ts';
import { encode } from '../../desired/canonical.ts';
import { digestOf } from '../../desired/dsse.ts';
import type { Signed } from '../../desired/message.ts';
import { REPORT_TYPE, Report } from '../../desired/report.ts';
import type { AgentHolder } from '../state/agent-holder.ts';
import { type ReportBody, type ReportFacts, reportOf } from './report.ts';

export interface ReporterInput {
  readonly holder: Pick<AgentHolder, 'keepReport' | 'report'>;
  readonly facts: () => ReportFacts;
  /** Signs with the agent's key. */
  readonly sign: (payloadType: string, bytes: Uint8Array) => Signed;
  readonly clock: Clock;
  readonly now: () => Date;
  readonly log: { error(error: unknown, message: string): void };
  readonly signal: AbortSignal;
}

/** So long changes are gathered, in milliseconds. */
const DEBOUNCE_MS = 1000;

/** Makes a report whenever there is something else to say, and none otherwise. */
export class Reporter {
  readonly #input: ReporterInput;
  #changed = Promise.withResolvers<void>();
  #last: string;

  constructor(input: ReporterInput) {
    this.#input = input;
    this.#last = JSON.stringify(bodyIn(input.holder.report()?.signed));
  }

  /** Something may have changed. */
  change(): void {
    this.#changed.resolve();
  }

  /** Until the signal is aborted. */
  async run(): Promise<void> {
    const { clock, signal, log } = this.#input;
    // One listener for all of the months that this runs.
    signal.addEventListener('abort', () => this.change(), { once: true });
    while (!signal.aborted) {
      try {
        await this.make();
      } catch (error) {
        if (signal.aborted) return;
        // The cluster is away: what is to be said is said when it is back.
        log.error(error, 'the report could not be kept');
        this.change();
      }
      if (signal.aborted) return;
      await this.#changed.promise;
      await clock.sleep(DEBOUNCE_MS, signal).catch(() => undefined);
      this.#changed = Promise.withResolvers<void>();
    }
  }

  /** Makes a report now, if there is anything to say that the last one did not. */
  async make(): Promise<void> {
    const { holder, facts, sign, now } = this.#input;
    const body = reportOf(facts());
    // The hub takes what a cluster says of itself: nobody knows yet which this is.
    if (body.cluster.name === '') return;
    const text = JSON.stringify(sortedBody(body));
    if (text === this.#last && holder.report() !== undefined) return;
    await holder.keepReport((number) => {
      const report = { ...body, number, at: now().toISOString() };
      const signed = sign(REPORT_TYPE, encode(report));
      return { signed, digest: digestOf(signed) };
    });
    this.#last = text;
  }
}

function bodyIn(signed: Signed | undefined): unknown {
  if (signed === undefined) return undefined;
  const report = Report.safeParse(tryJson(Buffer.from(signed.payload, 'base64').toString()));
  if (!report.success) return undefined;
  const { number: _number, at: _at, ...body } = report.data;
  return sortedBody(body);
}

function sortedBody(body: ReportBody): unknown {
  return tryJson(encode(body).toString());
}
