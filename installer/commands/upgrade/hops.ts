import { join } from 'node:path';
import type { KubeClient } from '../../../apply/client/client.ts';
import type { PublicKey } from '../../../bundle/key.ts';
import type { ReleaseBundle } from '../../../bundle/release-bundle.ts';
import { installerError } from '../../errors.ts';
import type { Offer, OfferedRelease } from '../../offer/offer.ts';
import { type HopPlan, openHop, planHops } from '../../offer/plan-hops.ts';
import type { Installation } from '../../record/installation.ts';
import { findHelm } from '../../stick/helm-program.ts';
import { takeHostTool } from '../../stick/stick.ts';
import { canAsk, confirm } from '../../terminal/confirm.ts';
import type { Console } from '../../terminal/console.ts';
import { runSteps, type StepTime } from '../../terminal/steps.ts';
import { formatBytes } from '../../terminal/units.ts';

/** How a user says where to, and how far the channel is trusted. */
export interface WayOptions {
  readonly to?: string;
  readonly candidates?: boolean;
  readonly channelFingerprint?: string;
  readonly channelRoot?: string;
  readonly acceptExpired?: boolean;
  readonly plan?: boolean;
}

export interface WayInput {
  readonly console: Console;
  readonly output: 'text' | 'json';
  readonly client: KubeClient;
  readonly installation: Installation;
  readonly offer: Offer;
  readonly key: PublicKey;
  readonly options: WayOptions;
  readonly signal: AbortSignal;
}

/** The hops to what is wanted; of an upgrade that is under way the one that it is on, whatever the channel says by now. */
export async function findWay(input: WayInput): Promise<HopPlan> {
  const { console, client, installation, offer, key, options, signal } = input;
  const { upgrade } = installation;
  if (upgrade !== undefined)
    return {
      hops: [{ from: upgrade.from.version, to: releaseUnderWay(offer, upgrade) }],
      notes: [],
      channel: undefined,
    };
  return await planHops({
    ...{ client, installation, offer, signal, to: options.to, candidates: options.candidates },
    trust: {
      fingerprint: options.channelFingerprint,
      root: options.channelRoot,
      key,
      ask: canAsk(console) ? (fingerprint) => confirm(console, question(fingerprint), signal) : undefined,
    },
    clock: Date.now(),
    remember: options.plan !== true,
  });
}

/** Proves the release of each hop, telling how far it is. The caller closes them. */
export async function openWay(
  { console, output, key, signal }: Omit<WayInput, 'offer' | 'options'>,
  { hops }: HopPlan,
): Promise<{ bundles: ReleaseBundle[]; times: StepTime[] }> {
  const bundles: ReleaseBundle[] = [];
  try {
    const times = await runSteps(
      console,
      output,
      hops.map((hop) => ({
        id: 'verify',
        title: `Verify ${hop.to.place}`,
        run: async (report) => {
          const onProgress = ({ bytesDone, bytesTotal }: { bytesDone: number; bytesTotal: number }) =>
            report(`${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)}`);
          const bundle = await openHop(hop, key, { signal, onProgress });
          bundles.push(bundle);
          const { name, version } = bundle.release;
          return `${name} ${version}, ${formatBytes(bundle.bytes)}, signed by ${key.fingerprint}`;
        },
      })),
    );
    return { bundles, times };
  } catch (error) {
    await closeAll(bundles);
    throw error;
  }
}

export async function closeAll(bundles: readonly ReleaseBundle[]): Promise<void> {
  for (const bundle of bundles) await bundle.store.close();
}

/** The helm that the release of a hop was signed with, copied from the stick; another one where there is none. */
export async function helmFor(
  { stick }: OfferedRelease,
  { release }: Pick<ReleaseBundle, 'release'>,
  given: string | undefined,
  { scratch, env }: { readonly scratch: string; readonly env: NodeJS.ProcessEnv },
): Promise<string> {
  const tool = release.hostTools.find(({ name }) => name === 'helm');
  if (given !== undefined || tool === undefined || stick === undefined) return await findHelm(given, env);
  return await takeHostTool(stick, tool, join(scratch, 'tools', release.version));
}

function releaseUnderWay(
  { name, releases }: Offer,
  { to }: NonNullable<Installation['upgrade']>,
): OfferedRelease {
  const found = releases.find(({ digest }) => digest === to.digest);
  if (found !== undefined) return found;
  throw installerError('UPGRADE_UNDER_WAY', {
    subject: `${to.name} ${to.version}`,
    detail: `${name} holds ${releases.map(({ version }) => version).join(', ') || 'no release'}`,
  });
}

function question(fingerprint: string): string {
  return `This cluster has not seen a channel yet. The first root of this one has the fingerprint\n\n    ${fingerprint}\n\nIs this the one that the vendor told you by another way?`;
}
