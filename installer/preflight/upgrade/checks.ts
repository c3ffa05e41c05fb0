import { admission } from './admission.ts';
import { apiRemovals } from './api-removals.ts';
import { certificates } from './certificates.ts';
import { channelAge } from './channel-age.ts';
import { clockSkew } from './clock-skew.ts';
import { componentHealth } from './component-health.ts';
import { droppedKeys } from './dropped-keys.ts';
import { droppedObjects } from './dropped-objects.ts';
import { droppedReplicas } from './dropped-replicas.ts';
import type { UpgradeCheck } from './finding.ts';
import { kubernetesVersion } from './kubernetes-version.ts';
import { nodePulls } from './node-pulls.ts';
import { ownedFields } from './owned-fields.ts';
import { registryRoom } from './registry-room.ts';
import { releaseChecks } from './release-checks.ts';
import { rendering } from './rendering.ts';
import { rollouts } from './rollouts.ts';
import { statement } from './statement.ts';
import { storage } from './storage.ts';
import { storedVersions } from './stored-versions.ts';
import { unfinishedRun } from './unfinished-run.ts';

/** Every check before an upgrade, in the order in which they are told. */
export const UPGRADE_CHECKS: readonly UpgradeCheck[] = [
  ...[unfinishedRun, kubernetesVersion, rendering, apiRemovals, storedVersions, componentHealth],
  rollouts,
  ...[ownedFields, admission, storage, registryRoom, nodePulls, clockSkew, certificates, channelAge],
  ...[droppedObjects, droppedReplicas, droppedKeys, statement, releaseChecks],
];
