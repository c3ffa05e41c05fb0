import type { Page } from 'playwright-core';
import type { Tab } from '../browser.ts';
import type { Charge, FleetConsole } from '../fleet-console.ts';
import type { Hand } from '../hand.ts';

/** Who works, with what, on which of the clusters. */
export interface Work {
  readonly site: FleetConsole;
  readonly tab: Tab;
  readonly page: Page;
  readonly hand: Hand;
  /** Each has a cluster of their own. */
  readonly charge: Charge;
  /** Goes to an address of the console. */
  goto(path: string): Promise<void>;
}

/** What people come to a page for. */
export interface PageTask {
  readonly page: string;
  readonly task: string;
  /** Does it, and checks on the hub or in the cluster that it is done. */
  run(work: Work): Promise<void>;
}

/** Reached only by what never comes: agents, pods and machines take their time. */
export const LONG = { timeout: 180_000 } as const;
