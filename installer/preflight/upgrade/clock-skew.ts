import { textAt } from '../../../apply/json.ts';
import { formatAge } from '../../terminal/units.ts';
import type { Found, UpgradeCheck } from './finding.ts';

/** Kubelets renew their Lease every ten seconds; one that is this old belongs to a node that has stopped, or another clock. */
const SKEW_MS = 60_000;

/** Clocks of nodes, by the times that they write into their Leases; and the one here, against all of them. */
export const clockSkew: UpgradeCheck = {
  id: 'clock-skew',
  title: 'The clocks of nodes and of this workstation agree',
  ofRelease: false,
  run: async ({ subject: { engine }, forecast, clock }) => {
    const selection = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace: 'kube-node-lease' };
    const { items } = await engine.client.list(selection, { signal: engine.signal });
    const ready = new Set(forecast.nodes.filter((node) => node.ready).map(({ name }) => name));
    const times = items.flatMap(({ metadata, spec }) => {
      const time = Date.parse(textAt(spec, 'renewTime') ?? '');
      return ready.has(metadata.name) && Number.isFinite(time) ? [{ node: metadata.name, time }] : [];
    });
    const middle = times.map(({ time }) => time).toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
    if (middle === undefined) return [];
    const nodes = times
      .filter(({ time }) => Math.abs(time - middle) > SKEW_MS)
      .map(({ node, time }) => wrong(`node ${node}`, time - middle));
    const here = clock - middle;
    return Math.abs(here) > SKEW_MS ? [...nodes, wrong('this workstation', here)] : nodes;
  },
};

function wrong(subject: string, ms: number): Found {
  return {
    severity: 'warns',
    subject,
    message: `its clock is ${formatAge(Math.abs(ms))} ${ms > 0 ? 'ahead of' : 'behind'} those of the nodes`,
    remedy: 'Set it (NTP or by hand): certificates and leases are judged by it.',
  };
}
