import type { SupportPart } from './part.ts';
import { clusterPart } from './parts/cluster.ts';
import { eventsPart } from './parts/events.ts';
import { helmHistoryPart } from './parts/helm-history.ts';
import { installationPart } from './parts/installation.ts';
import { logsPart } from './parts/logs.ts';
import { objectsPart } from './parts/objects.ts';
import { servicesPart } from './parts/services.ts';

/** In the order in which they are collected: the logs, which are the largest, last. */
export const PARTS: readonly SupportPart[] = [
  installationPart,
  clusterPart,
  helmHistoryPart,
  objectsPart,
  eventsPart,
  servicesPart,
  logsPart,
];
