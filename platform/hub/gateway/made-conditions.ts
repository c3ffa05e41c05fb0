import type { Condition } from '../../api/cluster-status.ts';
import type { InfrastructureState } from '../../api/infrastructure.ts';
import type { Finding } from '../compile/finding.ts';

export type Said = readonly [status: Condition['status'], reason: string, message: string];

const UP: ReadonlySet<InfrastructureState['phase']> = new Set(['Provisioned', 'Scaling', 'Upgrading']);
const MAX_TOLD = 5;
/** A reason that is a code of docs/errors.md; others only say what is waited for. */
const CODE = /^[A-Z]+(_[A-Z]+)+$/;

/** Whether a definition can be made as it is. */
export function acceptedSaid(findings: readonly Finding[]): Said {
  const [first] = findings;
  if (first === undefined) return ['True', 'Accepted', ''];
  const message = findings.map(({ code, path, detail }) => `${code} ${path}: ${detail}`).join('\n');
  return ['False', first.code, message];
}

/** Whether the machines of a cluster are there; what is missing, and why. */
export function provisionedSaid(state: InfrastructureState | undefined, gateway: string): Said {
  if (state === undefined) return ['Unknown', 'WaitingForGateway', `gateway ${gateway} has said nothing yet`];
  const { phase, machines, conditions = [] } = state;
  const broken = machines.filter(({ code }) => code !== undefined);
  const lacking = conditions.filter(({ status, reason }) => status === 'False' && CODE.test(reason));
  const told = broken
    .slice(0, MAX_TOLD)
    .map(({ name, code, detail = '' }) => `${name}: ${code}${detail === '' ? '' : ` ${detail}`}`);
  const causes = lacking.map(({ reason, message }) => `${reason} ${message}`.trim());
  const message = [countsOf(state), ...causes, ...told].join('; ');
  if (UP.has(phase)) return ['True', phase, message];
  const code = lacking[0]?.reason ?? (phase === 'Failed' ? broken[0]?.code : undefined);
  return ['False', code ?? phase, message];
}

/** `control plane 1 of 3, workers 0 of 2 (QUOTA_EXCEEDED)`. */
function countsOf({ controlPlane, pools }: InfrastructureState): string {
  const counts = pools.map(
    ({ name, ready, wanted, code }) =>
      `${name} ${ready} of ${wanted}${code === undefined ? '' : ` (${code})`}`,
  );
  return [`control plane ${controlPlane.ready} of ${controlPlane.wanted}`, ...counts].join(', ');
}
