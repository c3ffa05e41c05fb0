import type { Freshness } from '../../../channel/client/freshness.ts';
import type { UpgradeForecast } from '../../forecast/forecast.ts';
import type { UpgradeSubject } from '../../forecast/upgrade-subject.ts';

/** `blocks`: no upgrade before it is mended. `warns`: likely to go wrong, or to surprise. `notes`: worth knowing. */
export type Severity = 'blocks' | 'warns' | 'notes';

/** Something that a check found. */
export interface Found {
  readonly severity: Severity;
  /** What it is about: `node n2`, `Deployment.apps hub/hub`. */
  readonly subject: string;
  readonly message: string;
  /** How to get rid of it; empty where nothing has to be done. */
  readonly remedy: string;
}

/** A finding, with the check that made it. */
export interface UpgradeFinding extends Found {
  readonly id: string;
}

/** What checks look at. What was not looked at is undefined, and says nothing. */
export interface CheckContext {
  readonly subject: UpgradeSubject;
  readonly forecast: UpgradeForecast;
  /** Milliseconds since 1970, as the clock here has them. */
  readonly clock: number;
  readonly channel: Freshness | undefined;
  readonly acceptExpired: boolean;
  /** What the platform keeps and that ends. */
  readonly certificates: readonly DatedThing[] | undefined;
  /** Whether the vendor has rehearsed this very upgrade and signed it. */
  readonly proven: boolean | undefined;
  /** What becomes of fields that somebody else has set. */
  readonly onConflict: 'stop' | 'keep' | 'take';
}

export interface DatedThing {
  readonly name: string;
  readonly where: string;
  readonly until?: string | undefined;
  readonly daysLeft?: number | undefined;
  readonly renewedBy: string;
}

/** One thing that is looked at before an upgrade. */
export interface UpgradeCheck {
  readonly id: string;
  /** What holds when nothing is found. */
  readonly title: string;
  /** Says something also of a hop that begins where another ends. */
  readonly ofRelease: boolean;
  readonly run: (context: CheckContext) => Promise<readonly Found[]> | readonly Found[];
}
