import { isSkerryError } from '../../../content/error.ts';
import type { AccountState } from '../../api/cloud-account.ts';
import { updateStatus } from '../../hub/controller/update-status.ts';
import { nameOfKey } from '../../hub/watched/stored.ts';
import { INFRA_API_VERSION } from '../api/group.ts';
import type { CloudProvider, Finding } from '../provider/provider.ts';
import { machineId } from './machine-id.ts';
import type { Again, InfraWorld } from './world.ts';

const CHECK_MS = 300_000;
const FAILED_MS = 60_000;
const PREPARING_MS = 3000;
const MAX_ORPHANS = 50;
const NOTHING = { findings: [], isUnderWay: false };

/** Says how an account fares: whether it is let in, what it lacks, and what machines of ours there nobody knows. */
export async function workOnAccount(world: InfraWorld, key: string, signal: AbortSignal): Promise<Again> {
  const account = world.watched.accounts.get(key);
  if (account === undefined) {
    await world.accounts.forget(key);
    world.inClouds.forget(key);
    return {};
  }
  const at = world
    .now()
    .toISOString()
    .replace(/\.\d+Z$/, 'Z');
  let state: Partial<AccountState>;
  let againMs = FAILED_MS;
  try {
    const provider = await world.accounts.provider(account, signal);
    const verification = await provider.verify(signal);
    const { findings, isUnderWay } = (await provider.prepare?.(signal)) ?? NOTHING;
    const [error] = toldOf(
      [...verification.findings, ...findings].filter(({ severity }) => severity === 'error'),
    );
    // What an account takes in its own time is told, and keeps nobody from it.
    const problem = error ?? toldOf(findings)[0];
    const { capabilities, sessions } = verification;
    const lastError = problem === undefined ? undefined : { ...problem, at };
    state = {
      ...{ verified: error === undefined, at, capabilities: [...capabilities], sessions, lastError },
      orphans: await orphansOf(world, key, provider, signal),
    };
    if (error === undefined) againMs = CHECK_MS;
    if (isUnderWay) againMs = PREPARING_MS;
  } catch (error) {
    if (signal.aborted || !isSkerryError(error)) throw error;
    const detail = `${error.subject}${error.detail === undefined ? '' : `: ${error.detail}`}`.slice(0, 500);
    // What was known of orphans says nothing any more, but is not wrong either.
    state = { verified: false, at, lastError: { code: error.code, detail, at } };
  }
  const reference = { apiVersion: INFRA_API_VERSION, kind: 'SkerryAccount', metadata: nameOfKey(key) };
  await updateStatus(world.client, reference, () => state, signal);
  return { againMs };
}

function toldOf(findings: readonly Finding[]) {
  return findings.map(({ code, subject, detail }) => ({
    code,
    detail: `${subject}${detail === undefined ? '' : `: ${detail}`}`.slice(0, 500),
  }));
}

/** Told, and never touched: what they are is for people to say. */
async function orphansOf(world: InfraWorld, key: string, provider: CloudProvider, signal: AbortSignal) {
  const owned = await world.inClouds.look(key, provider, signal);
  const known = new Set([...world.watched.machines.values()].map(machineId));
  return owned
    .filter(({ mark }) => !known.has(mark.id))
    .slice(0, MAX_ORPHANS)
    .map(({ mark, name }) => ({ name, cluster: mark.cluster, id: mark.id }));
}
