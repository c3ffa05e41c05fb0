import { profileObjectName } from '../../../api/names.ts';
import { clusters, type Rollout, rollouts } from '../../kinds.ts';
import type { ProfileVersionName } from '../../options.ts';
import type { Session } from '../../session.ts';

/** Remembers which version the clusters had before; rolling back leads there. */
export const FROM_LABEL = 'from-version';

/** The version that all clusters have that will be changed, where it is but one. */
export async function versionBefore(
  session: Session,
  target: ProfileVersionName,
  selector: Readonly<Record<string, string>> = {},
): Promise<string | undefined> {
  const wanted = Object.entries(selector).map((pair) => pair.join('='));
  const found = await session.objects(clusters).list(wanted.length === 0 ? undefined : wanted.join(','));
  const versions = found
    .flatMap(({ spec }) => spec.profiles ?? [])
    .filter(({ name, version }) => name === target.name && version !== target.version)
    .map(({ version }) => version);
  const [only, ...others] = new Set(versions);
  return others.length === 0 ? only : undefined;
}

/** A name that no rollout has: the same version may be rolled out again after it was rolled back. */
export async function freeName(session: Session, target: ProfileVersionName): Promise<string> {
  const taken = new Set((await session.objects(rollouts).list()).map(({ name }) => name));
  const name = profileObjectName(target);
  if (!taken.has(name)) return name;
  for (let next = 2; ; next++) if (!taken.has(`${name}-${next}`)) return `${name}-${next}`;
}

export function startedText({ name, spec }: Rollout): string {
  return `rollout ${name} of ${spec.profile}@${spec.version} has begun; skerry fleet rollout show ${name} --watch`;
}
