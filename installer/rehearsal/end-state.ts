import type { KubeClient } from '../../apply/client/client.ts';
import type { Helm } from '../../apply/helm/helm.ts';
import type { ReleaseBundle } from '../../bundle/release-bundle.ts';
import { isSkerryError, messageOf } from '../../content/error.ts';
import { readStatus, type Status } from '../status.ts';
import { type Contents, compareContents, describeDifference, readContents } from './contents.ts';

/** Where a cluster stands between two releases. */
export interface EndState {
  /** `between`: neither of the two, or not all of one. */
  readonly at: 'old' | 'new' | 'between' | 'nothing';
  readonly healthy: boolean;
  /** Why it is not exactly one of them, or not healthy. */
  readonly problems: readonly string[];
}

/** One of the two releases, and what the cluster held when it was there undisturbed. */
export interface Side {
  readonly bundle: Pick<ReleaseBundle, 'release' | 'address'>;
  readonly contents?: Contents | undefined;
}

export interface EndStateInput {
  readonly client: KubeClient;
  readonly helm: Helm;
  readonly sides: { readonly old: Side; readonly new: Side };
  readonly signal: AbortSignal;
}

/** Differences that are told of one state. */
const MOST = 8;

/** Looks at a cluster after an upgrade that may have been disturbed, and says where it ended. Changes nothing. */
export async function readEndState(input: EndStateInput): Promise<EndState> {
  const { client, helm, sides, signal } = input;
  let status: Status;
  try {
    status = await readStatus(client, helm, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (isSkerryError(error, 'NOT_INSTALLED')) return { at: 'nothing', healthy: false, problems: [] };
    return { at: 'between', healthy: false, problems: [messageOf(error)] };
  }
  const { installation } = status;
  const side = sideOf(sides, installation.release.digest);
  const problems = [...healthProblems(status)];
  if (side === undefined)
    return {
      at: 'between',
      healthy: status.healthy,
      problems: [...problems, `${installation.release.version} is neither of the two`],
    };
  const differs = [...unfinished(status), ...strangeImages(status, sides[side])];
  const { contents } = sides[side];
  if (contents !== undefined && differs.length === 0) {
    const found = await readContents(client, installation, signal);
    differs.push(...compareContents(contents, found).slice(0, MOST).map(describeDifference));
  }
  return {
    at: differs.length === 0 ? side : 'between',
    healthy: status.healthy,
    problems: [...problems, ...differs],
  };
}

function sideOf(sides: EndStateInput['sides'], digest: string): 'old' | 'new' | undefined {
  if (sides.old.bundle.address.digest === digest) return 'old';
  return sides.new.bundle.address.digest === digest ? 'new' : undefined;
}

function healthProblems({ healthy, components, problems, registry }: Status): string[] {
  if (healthy) return [];
  const told = components.flatMap((component) => component.problems.slice(0, 2));
  return [...problems, ...told, ...(registry === 'cluster' ? [] : [`the registry is ${registry}`])];
}

function unfinished({ installation: { state, upgrade, phases } }: Status): string[] {
  const open = phases.filter(({ state: phase }) => phase !== 'done').map(({ id }) => id);
  return [
    ...(state === 'installed' ? [] : [`the record says ${state}`]),
    ...(upgrade === undefined ? [] : [`an upgrade to ${upgrade.to.version} is open`]),
    ...(open.length === 0 ? [] : [`phases are not done: ${open.join(', ')}`]),
  ];
}

/** Containers of the platform that run what the release does not hold: those of the other one. */
function strangeImages({ containers }: Status, { bundle }: Side): string[] {
  const held = new Set(bundle.release.images.map(({ digest }): string => digest));
  return containers
    .filter(
      ({ fromRegistry, state, image }) => fromRegistry && state === 'running' && !held.has(digestIn(image)),
    )
    .map(({ namespace, pod, image }) => `${namespace}/${pod} runs ${image}`);
}

function digestIn(image: string): string {
  return image.slice(image.indexOf('@') + 1);
}
