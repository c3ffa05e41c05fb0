import type { DriftItem, LayerState } from '../../api/cluster-status.ts';
import type { ClusterIdentity } from '../../desired/envelope.ts';
import { FEATURES, namesOf } from '../../desired/features.ts';
import { MAX_REPORT_BYTES, type Report } from '../../desired/report.ts';
import type { ClusterHealth } from '../health/cluster-health.ts';
import * as shorter from './shorter-gateway.ts';

export interface ReportFacts {
  readonly cluster: ClusterIdentity;
  readonly agentVersion: string;
  readonly envelope: Report['envelope'];
  readonly refused: Report['refused'];
  readonly upgrade?: Report['upgrade'];
  readonly layers: readonly LayerState[];
  readonly removed: readonly string[];
  readonly drift: readonly DriftItem[];
  readonly health: ClusterHealth;
  /** Where the cluster is a gateway. */
  readonly gateway?: Report['gateway'];
}

const MAX_LAYERS = 64;
const MAX_DRIFT = 20;

/** All that there is to say, without number and time: two that are the same need not be sent twice. */
export type ReportBody = Omit<Report, 'number' | 'at'>;

/** The report of a cluster, cut down to what a message takes: lists get shorter, their counts stay. */
export function reportOf(facts: ReportFacts): ReportBody {
  const { cluster, agentVersion, envelope, refused, upgrade, layers, removed, drift, health, gateway } =
    facts;
  const whole: ReportBody = {
    version: 1,
    cluster,
    agentVersion,
    ...(FEATURES.length === 0 ? {} : { features: namesOf(FEATURES) }),
    envelope,
    ...(refused === undefined ? {} : { refused }),
    ...(upgrade === undefined ? {} : { upgrade }),
    layers: layers.slice(0, MAX_LAYERS),
    removed: removed.slice(-MAX_LAYERS),
    drift: {
      count: drift.filter(({ state }) => state !== 'corrected').length,
      items: drift.slice(0, MAX_DRIFT),
    },
    ...health,
    ...(gateway === undefined ? {} : { gateway }),
  };
  const cut = STEPS.reduce((report, step) => (isSmall(report) ? report : step(report)), whole);
  return withFewerClusters(cut);
}

/** Each makes a report shorter, the least important first. */
const STEPS: readonly ((report: ReportBody) => ReportBody)[] = [
  (report) => withGateway(report, shorter.withoutReadyMachines),
  (report) => withGateway(report, shorter.withoutConsoles),
  (report) => withMessages(report, 160),
  (report) => withGateway(report, shorter.withShortDetails),
  (report) => ({ ...report, drift: { ...report.drift, items: report.drift.items.slice(0, 5) } }),
  (report) => ({ ...report, nodes: { ...report.nodes, lost: report.nodes.lost.slice(0, 5) } }),
  (report) => withGateway(report, shorter.withOneMachineForEachCause),
  (report) => withMessages(report, 0),
  (report) => ({ ...report, drift: { ...report.drift, items: [] } }),
  (report) => withGateway(report, shorter.withCodesAlone),
];

/** For number and time, which are put in last. */
const ROOM = 200;

function isSmall(report: ReportBody): boolean {
  return Buffer.byteLength(JSON.stringify(report)) <= MAX_REPORT_BYTES - ROOM;
}

function withGateway(
  report: ReportBody,
  cut: (gateway: shorter.GatewayPart) => shorter.GatewayPart,
): ReportBody {
  return report.gateway === undefined ? report : { ...report, gateway: cut(report.gateway) };
}

/** More clusters than any gateway is given do not keep a report from being sent: those that fare well are left out first. */
function withFewerClusters(report: ReportBody): ReportBody {
  const { gateway } = report;
  if (gateway === undefined || gateway.clusters.length === 0 || isSmall(report)) return report;
  return withFewerClusters({ ...report, gateway: shorter.withoutOneCluster(gateway) });
}

function withMessages(report: ReportBody, length: number): ReportBody {
  return {
    ...report,
    layers: report.layers.map(({ message, ...layer }) =>
      message === undefined || length === 0 ? layer : { ...layer, message: message.slice(0, length) },
    ),
  };
}
