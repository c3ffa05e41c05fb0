import { formatFreshness } from '../commands/channel/channel-report.ts';
import type { ComponentForecast, NodeForecast, UpgradeForecast } from '../forecast/forecast.ts';
import type { UpgradeFinding } from '../preflight/upgrade/finding.ts';
import { allFindings } from '../preflight/upgrade/run-checks.ts';
import { formatBytes, formatDuration } from '../terminal/units.ts';
import { table } from './table.ts';
import { type PlannedHop, planTotals, type UpgradePlanReport } from './upgrade-plan.ts';

/** The plan as a page that can be laid before a change board. */
export function describePlan(report: UpgradePlanReport): string {
  const { installed, hops, notes, channel } = report;
  const last = hops.at(-1);
  if (last === undefined)
    return [`${installed.name} ${installed.version} is the newest that can be reached here.`, ...notes].join(
      '\n',
    );
  const way = [installed.version, ...hops.map(({ forecast }) => forecast.to.version)].join(' -> ');
  return [
    `Upgrade of ${installed.name}: ${way}`,
    ...(channel === undefined
      ? []
      : [`Channel edition ${channel.edition}: ${formatFreshness(channel.freshness)}`]),
    ...notes.map((note) => `Note: ${note}`),
    '',
    ...summary(hops),
    ...hops.flatMap((hop) => ['', ...describeHop(hop, hops.length > 1)]),
    '',
    ...verdict(hops),
  ].join('\n');
}

function summary(hops: readonly PlannedHop[]): string[] {
  const { minutes, importBytes, downtimeSeconds } = planTotals(hops);
  const measured = hops.every(({ forecast }) => forecast.measured === 'earlier runs');
  return [
    `Takes about     ${minutesInWords(minutes)} (by the times of ${measured ? 'earlier runs here' : 'other clusters: nothing was measured here yet'})`,
    `Brings in       ${formatBytes(importBytes)}`,
    `Not answering   ${downtimeSeconds === 0 ? 'nothing, at any time' : `single components, for up to ${formatDuration(downtimeSeconds * 1000)}`}`,
  ];
}

function minutesInWords(minutes: number): string {
  return minutes < 1 ? 'a minute' : `${Math.ceil(minutes)} minutes`;
}

function describeHop({ forecast, checks }: PlannedHop, isOneOfSeveral: boolean): string[] {
  const { from, to, resources } = forecast;
  return [
    ...(isOneOfSeveral ? [`== ${from.version} to ${to.version} ==`, ''] : []),
    'COMPONENTS',
    ...table(['NAME', 'WHAT', 'VERSION', 'NOT ANSWERING', 'WHY'], forecast.components.map(componentRow)),
    '',
    'CONTENT AND ROOM',
    ...contentLines(forecast),
    '',
    ...nodeLines(forecast.nodes),
    ...(resources.length === 0
      ? []
      : [
          'CUSTOM RESOURCES',
          ...table(
            ['DEFINITION', 'OBJECTS', 'STORED'],
            resources.map(({ crd, objects, migration }) => [
              crd,
              String(objects),
              migration === undefined ? 'as before' : `${migration.from.join(', ')} -> ${migration.to}`,
            ]),
          ),
          '',
        ]),
    'PHASES',
    ...table(
      ['PHASE', 'ABOUT', ''],
      forecast.phases.map(({ id, title, seconds }) => [id, formatDuration(seconds * 1000), title]),
    ),
    '',
    'CHECKS',
    ...checks.filter(({ findings }) => findings.length === 0).map(({ title }) => `  ok      ${title}`),
    ...allFindings(checks).flatMap(findingLines),
  ];
}

function componentRow({
  name,
  action,
  before,
  after,
  workloads,
  downtimeSeconds,
}: ComponentForecast): string[] {
  const version =
    before !== undefined && after !== undefined && before !== after
      ? `${before} -> ${after}`
      : (after ?? before ?? '');
  const reasons = new Set(
    workloads
      .filter(({ restarts }) => restarts)
      .map(({ object, replicas, reason }) => `${object} (${replicas}): ${reason}`),
  );
  const kept = action === 'keep' ? 'it is the same in both releases' : 'no pod is replaced';
  return [
    ...[name, action, version],
    downtimeSeconds === 0 ? '-' : `up to ${formatDuration(downtimeSeconds * 1000)}`,
    [...reasons].join('; ') || kept,
  ];
}

function contentLines({ content, registry }: UpgradeForecast): string[] {
  const { images, bytes, importBytes, importPieces } = content;
  const room = [
    ...(registry.capacityBytes === undefined ? [] : [`holds ${formatBytes(registry.capacityBytes)}`]),
    ...(registry.usedBytes === undefined ? [] : [`${formatBytes(registry.usedBytes)} used`]),
    registry.freeBytes === undefined
      ? 'what is free is not known'
      : `${formatBytes(registry.freeBytes)} free`,
  ];
  return [
    `  ${images} images, ${formatBytes(bytes)} in all; ${
      importBytes === undefined
        ? 'the registry could not be asked what it has of it'
        : `the registry lacks ${formatBytes(importBytes)} (${importPieces} blobs and manifests)`
    }`,
    `  the registry’s volume: ${room.join(', ')}`,
  ];
}

function nodeLines(nodes: readonly NodeForecast[]): string[] {
  return [
    'NODES',
    ...table(
      ['NODE', 'IMAGES', 'PULLS', 'FREE'],
      nodes.map(({ name, ready, images, pullBytes, freeBytes }) => [
        ready ? name : `${name} (not ready)`,
        String(images),
        formatBytes(pullBytes),
        freeBytes === undefined ? 'not known' : formatBytes(freeBytes),
      ]),
    ),
    '',
  ];
}

function findingLines({ severity, id, subject, message, remedy }: UpgradeFinding): string[] {
  return [
    `  ${severity.padEnd(7)} ${subject}: ${message}  [${id}]`,
    ...(remedy === '' ? [] : [`          -> ${remedy}`]),
  ];
}

function verdict(hops: readonly PlannedHop[]): string[] {
  const all = hops.flatMap(({ checks }) => allFindings(checks));
  const blocking = all.filter(({ severity }) => severity === 'blocks').length;
  const warnings = all.filter(({ severity }) => severity === 'warns').length;
  const told = warnings === 0 ? '' : `, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`;
  return blocking === 0
    ? [`Nothing blocks this upgrade${told}.`]
    : [
        `BLOCKED by ${blocking} ${blocking === 1 ? 'finding' : 'findings'}${told}: mend what is marked "blocks" first.`,
      ];
}
