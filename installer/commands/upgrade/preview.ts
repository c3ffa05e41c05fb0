import type { Engine } from '../../../apply/release/component.ts';
import { type PublicKey, parsePublicKey } from '../../../bundle/key.ts';
import { releaseName } from '../../../bundle/locked-release.ts';
import { openStoredRelease, type ReleaseBundle } from '../../../bundle/release-bundle.ts';
import { findStatements, proofOf } from '../../../bundle/statement/attach-statement.ts';
import type { Store } from '../../../content/store.ts';
import { readInventory } from '../../certificates/inventory.ts';
import { openClusterRegistry } from '../../copy/cluster-registry.ts';
import { installerError } from '../../errors.ts';
import { NAMESPACE } from '../../names.ts';
import type { HopPlan } from '../../offer/plan-hops.ts';
import type { CheckContext } from '../../preflight/upgrade/finding.ts';
import { allFindings } from '../../preflight/upgrade/run-checks.ts';
import type { Installation } from '../../record/installation.ts';
import type { Console } from '../../terminal/console.ts';
import { runSteps, type StepTime } from '../../terminal/steps.ts';
import { registryStorage } from '../../upgrade/registry-storage.ts';
import { readRetired } from '../../upgrade/retire/read-retired.ts';
import { readPlan } from '../../upgrade-report/read-plan.ts';
import type { UpgradePlanReport } from '../../upgrade-report/upgrade-plan.ts';

export interface PreviewInput {
  readonly console: Console;
  readonly output: 'text' | 'json';
  readonly engine: Engine;
  readonly installation: Installation;
  readonly plan: HopPlan;
  readonly bundles: readonly ReleaseBundle[];
  /** That releases are verified with. */
  readonly key: PublicKey;
  readonly onConflict: CheckContext['onConflict'];
  readonly acceptExpired: boolean;
}

/** Looks at all hops before the first is begun. */
export async function previewUpgrade(
  input: PreviewInput,
): Promise<{ report: UpgradePlanReport; times: StepTime[] }> {
  const read = Promise.withResolvers<UpgradePlanReport>();
  const times = await runSteps(input.console, input.output, [
    {
      id: 'preflight',
      title: `Look at what the upgrade needs and meets at ${input.engine.client.server}`,
      run: async (onProgress) => {
        const report = await readReport(input, onProgress);
        read.resolve(report);
        const findings = report.hops.flatMap(({ checks }) => allFindings(checks));
        return `${report.hops.flatMap(({ checks }) => checks).length} checks, ${findings.length} findings`;
      },
    },
  ]);
  return { report: await read.promise, times };
}

/** Throws UPGRADE_BLOCKED, which names all that blocks. */
export function requireUnblocked({ hops }: UpgradePlanReport): void {
  const blocking = hops
    .flatMap(({ checks }) => allFindings(checks))
    .filter(({ severity }) => severity === 'blocks');
  const [first] = blocking;
  if (first === undefined) return;
  throw installerError('UPGRADE_BLOCKED', {
    subject: blocking.length === 1 ? first.subject : `${blocking.length} findings`,
    detail: blocking.map(({ id, subject, message }) => `${subject}: ${message} [${id}]`).join('; '),
    remedy: blocking.map(({ remedy }) => remedy).join(' '),
  });
}

async function readReport(
  input: PreviewInput,
  onProgress: (text: string) => void,
): Promise<UpgradePlanReport> {
  const { engine, installation, plan, bundles, onConflict, acceptExpired } = input;
  const registry = openClusterRegistry(engine.client);
  const { name, version, digest } = installation.release;
  const key = parsePublicKey(installation.key.pem, 'the key of the installation');
  const address = { ...releaseName(name, version), digest };
  const installed = await openStoredRelease(registry, address, key, { signal: engine.signal });
  const { certificates } = await readInventory({
    client: engine.client,
    namespaces: [...new Set([NAMESPACE, ...installation.components.map(({ namespace }) => namespace)])],
    now: () => new Date(),
    signal: engine.signal,
  });
  const notes = await retirementNotes(registry, installation, bundles, engine.signal);
  return await readPlan({
    plan: { ...plan, notes: [...plan.notes, ...notes] },
    ...{ engine, installation, bundles, installed, registry, onConflict, acceptExpired, onProgress },
    storage: await registryStorage(engine.helm, installation, engine.signal),
    clock: Date.now(),
    certificates,
    isProven: async (from, to) =>
      proofOf(await findStatements(to, input.key, { signal: engine.signal }), from.address.digest) !==
      undefined,
  });
}

/** Which releases leave the registry once all hops are through. */
async function retirementNotes(
  registry: Store,
  { release: { name, version } }: Installation,
  bundles: readonly ReleaseBundle[],
  signal: AbortSignal,
): Promise<string[]> {
  const hops = bundles.map(({ release }) => release.version);
  const previous = hops.at(-2) ?? version;
  const { versions } = await readRetired(registry, { product: name, previous }, signal);
  // A hop in between is not there yet.
  const retired = [...versions, ...hops.slice(0, -2)];
  return retired.length === 0
    ? []
    : [
        `in the end names of ${retired.join(', ')} are taken out of the registry, those of packs aside; ${previous} stays as the way back`,
      ];
}
