import { describeInventory } from '../../certificates/describe.ts';
import { describeCountdown } from '../../channel-countdown.ts';
import { describeImageWay } from '../../images/image-way.ts';
import type { UncoveredImage } from '../../images/uncovered-images.ts';
import { REGISTRY_ADDRESS } from '../../names.ts';
import { describeUpgrade } from '../../record/describe-upgrade.ts';
import type { Installation } from '../../record/installation.ts';
import { describeRun } from '../../record/last-run.ts';
import type { Status } from '../../status.ts';

const SERVED = {
  cluster: 'served from the cluster',
  workstation: 'served from the workstation that installs',
  broken: 'BROKEN: run skerry install again',
} as const;

/** The status for people: what, since when, by whom; then components; then every container with its digest and origin. */
export function describeStatus(status: Status): string {
  return [
    ...describeInstallation(status),
    '',
    ...describeComponents(status),
    '',
    ...describeContainers(status),
    ...describeUncovered(status.images?.uncovered ?? []),
    '',
    ...describeInventory(status.certificates),
  ].join('\n');
}

function describeInstallation(status: Status): string[] {
  const { installation, registry, problems, images, guarded = [], certificates, channel, healthy } = status;
  const { release, key, phases } = installation;
  const last = phases.filter(({ state }) => state === 'done').at(-1);
  const run = installation.history.at(-1);
  return [
    `release     ${release.name} ${release.version}, ${stateText(installation)}, ${healthy ? 'healthy' : 'NOT HEALTHY'}`,
    `digest      ${release.digest}`,
    `signed by   ${key.fingerprint}`,
    ...describeUpgrade(installation),
    `registry    ${REGISTRY_ADDRESS} on every node, ${SERVED[registry]}`,
    ...problems.map((problem) => `            ${problem}`),
    ...(last?.by === undefined ? [] : [`last phase  ${last.id}, ${last.finishedAt ?? ''} by ${last.by}`]),
    ...(images === undefined ? [] : [`later pods  ${describeImageWay(images)}`]),
    ...guarded.map(({ word, objects }) => `guarded     ${objects} ${word}`),
    ...(run === undefined ? [] : [`last run    ${describeRun(run)}`]),
    ...(channel === undefined ? [] : [`channel     ${describeCountdown(channel)}`]),
    ...certificates.warnings.map((warning) => `WARNING     ${warning}`),
  ];
}

function stateText({ state, phases }: Installation): string {
  const done = phases.filter((phase) => phase.state === 'done').length;
  const isCounted = state === 'installing' || state === 'uninstalling';
  return isCounted ? `${state} (${done} of ${phases.length} phases done)` : state;
}

function describeComponents({ components }: Status): string[] {
  return [
    'COMPONENTS',
    ...components.flatMap(({ name, namespace, healthy, objects, problems }) => [
      `  ${name.padEnd(16)} ${namespace.padEnd(16)} ${healthy ? 'healthy' : 'NOT HEALTHY'}, ${objects} objects`,
      ...problems.map((problem) => `      ${problem}`),
    ]),
  ];
}

function describeContainers({ containers }: Status): string[] {
  return [
    'CONTAINERS',
    ...containers.flatMap(({ namespace, pod, container, image, digest, state, node, fromRegistry }) => [
      `  ${namespace}/${pod} ${container}, ${state} on ${node}`,
      `      ${digest || 'no image yet'}`,
      `      ${fromRegistry ? 'pulled as' : 'NOT FROM THE PRIVATE REGISTRY:'} ${image.replace(/@.*/, '')}`,
    ]),
  ];
}

function describeUncovered(uncovered: readonly UncoveredImage[]): string[] {
  if (uncovered.length === 0) return [];
  return [
    '',
    'NOT FROM THE PRIVATE REGISTRY',
    ...uncovered.flatMap(({ namespace, pod, container, image, inRelease, problem }) => [
      `  ${namespace}/${pod} ${container}, ${image}`,
      `      ${inRelease ? 'the release holds this image' : 'not an image of the release'}${problem === '' ? '' : `; ${problem}`}`,
    ]),
  ];
}
