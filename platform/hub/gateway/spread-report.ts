import type { CloudAccountStatus } from '../../api/cloud-account.ts';
import type { GatewayStatus } from '../../api/gateway.ts';
import type { Report } from '../../desired/report.ts';

type Told = NonNullable<Report['gateway']>;

/** For its age alone a status is written so often at most. */
const AGE_MS = 300_000;

/** The fields of an account's status that its gateway tells; undefined where they would say what is written already. */
export function accountFields(
  told: Told['accounts'][number]['state'],
  written: CloudAccountStatus,
): Partial<CloudAccountStatus> | undefined {
  const { verified, at, capabilities, sessions, lastError, orphans } = told;
  // What is not said any more is not so any more.
  const fields = { verified, at, capabilities, sessions, lastError, orphans };
  const age = Date.parse(at) - Date.parse(written.at ?? '');
  const { at: _, lastError: error, sessions: __, ...now } = fields;
  const { at: ___, lastError: errorBefore, sessions: ____, ...before } = written;
  const isSame = same(now, pick(before, now)) && error?.code === errorBefore?.code;
  return isSame && age >= 0 && age < AGE_MS ? undefined : fields;
}

/** The same of a gateway. */
export function gatewayFields(
  told: Told,
  { agentVersion, at }: Pick<Report, 'agentVersion' | 'at'>,
  written: GatewayStatus,
): Partial<GatewayStatus> | undefined {
  const fields = {
    seen: at,
    version: agentVersion,
    accounts: told.accounts.length,
    clusters: told.clusters.length,
    running: told.running,
    ...(told.backup === undefined ? {} : { backup: told.backup }),
  };
  const age = Date.parse(at) - Date.parse(written.seen ?? '');
  const { seen: _, ...now } = fields;
  return same(now, pick(written, now)) && age >= 0 && age < AGE_MS ? undefined : fields;
}

function pick(object: object, like: object): object {
  const names = new Set(Object.keys(like));
  return Object.fromEntries(Object.entries(object).filter(([name]) => names.has(name)));
}

/** As JSON has it, whatever the order of fields. */
function same(one: object, other: object): boolean {
  return sorted(one) === sorted(other);
}

function sorted(value: object): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
