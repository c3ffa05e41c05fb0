import type { Installation } from './installation.ts';

/**
 * A record with what an upgrade that is under way has brought or is about to bring: for whoever asks what in the cluster
 * belongs to the installation.
 */
export function wholeRecord(found: Installation): Installation {
  const { upgrade } = found;
  if (upgrade === undefined) return found;
  const components = new Map(found.components.map((component) => [component.name, component]));
  for (const { name, namespace, crds, health } of upgrade.components) {
    const before = components.get(name);
    const all = [...new Set([...(before?.crds ?? []), ...crds])].sort();
    components.set(name, { name, namespace: before?.namespace ?? namespace, health, crds: all });
  }
  const phases = new Map([...upgrade.phases, ...found.phases].map((phase) => [phase.id, phase]));
  return { ...found, components: [...components.values()], phases: [...phases.values()] };
}
