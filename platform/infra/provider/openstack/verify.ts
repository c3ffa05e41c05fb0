import { z } from 'zod';
import { isSkerryError } from '../../../../content/error.ts';
import type { Finding, Verification } from '../provider.ts';
import { roomLeft } from './quota.ts';
import { COMPUTE_MICROVERSION, cloudTimeOf, type Services } from './services.ts';

const CAPABILITIES = ['console-log', 'static-addresses', 'allowed-addresses', 'anti-affinity'];
const MAX_SKEW_MS = 5 * 60_000;
const EXPIRES_SOON_MS = 14 * 24 * 3_600_000;

const Version = z.object({ version: z.object({ version: z.string(), min_version: z.string() }) });
const ApplicationCredential = z.object({
  application_credential: z.object({ expires_at: z.string().nullish() }),
});

/** Whether each service lets us in, in a version that will do, and what is about to end. */
export async function verify(
  services: Services,
  { applicationCredentialId }: { applicationCredentialId: string },
  signal: AbortSignal,
): Promise<Verification> {
  const findings: Finding[] = [];
  const { roles } = await services.token(signal);
  if (roles.length > 0 && roles.every((role) => role === 'reader'))
    findings.push({
      code: 'CLOUD_PERMISSION_MISSING',
      severity: 'error',
      subject: 'roles',
      detail: 'the credentials only have the role reader; member is needed',
    });
  const checks = [
    async () => await checkCompute(services, signal),
    async () => await checkRoom(services, signal),
    async () => await checkReading(services, signal),
    async () => await checkExpiry(services, applicationCredentialId, signal),
  ];
  for (const check of checks) {
    findings.push(...(await check().catch(refused)));
    // Nothing else can be asked in a version that is not there.
    if (findings.some(({ code }) => code === 'CLOUD_UNSUPPORTED')) break;
  }
  return { findings, capabilities: CAPABILITIES, sessions: services.sessions };
}

async function checkCompute(services: Services, signal: AbortSignal): Promise<Finding[]> {
  // A version that it has not is the answer to anything that names one.
  const headers = { 'openstack-api-version': undefined };
  const answer = await services.call('compute', { method: 'GET', path: '/', headers }, signal);
  const skew = (cloudTimeOf(answer)?.getTime() ?? services.now().getTime()) - services.now().getTime();
  const version = Version.safeParse(answer.body).data?.version;
  const findings: Finding[] = [];
  if (Math.abs(skew) > MAX_SKEW_MS)
    findings.push({
      code: 'CLOCK_APART',
      severity: 'warning',
      subject: 'clock',
      detail: `the cloud's is ${Math.round(Math.abs(skew) / 1000)} s ${skew > 0 ? 'ahead' : 'behind'}`,
    });
  if (version === undefined || minorOf(version.version) < minorOf(COMPUTE_MICROVERSION))
    findings.push({
      code: 'CLOUD_UNSUPPORTED',
      severity: 'error',
      subject: 'compute',
      detail: `Nova speaks up to ${version?.version ?? 'nothing that is known'}, ${COMPUTE_MICROVERSION} is needed`,
    });
  return findings;
}

async function checkRoom(services: Services, signal: AbortSignal): Promise<Finding[]> {
  const full = (await roomLeft(services, signal)).filter(({ left }) => left <= 0);
  return full.map(({ name }) => ({
    code: 'QUOTA_EXCEEDED',
    severity: 'warning',
    subject: name,
    detail: 'nothing is left',
  }));
}

async function checkReading(services: Services, signal: AbortSignal): Promise<Finding[]> {
  await services.call('compute', { method: 'GET', path: '/servers?limit=1' }, signal);
  await services.call('network', { method: 'GET', path: '/ports?limit=1' }, signal);
  await services.call('image', { method: 'GET', path: '/images?limit=1' }, signal);
  return [];
}

async function checkExpiry(services: Services, id: string, signal: AbortSignal): Promise<Finding[]> {
  const { userId } = await services.token(signal);
  const path = `/users/${encodeURIComponent(userId)}/application_credentials/${encodeURIComponent(id)}`;
  const answer = await services.call('identity', { method: 'GET', path, accept: [403, 404] }, signal);
  const expires = ApplicationCredential.safeParse(answer.body).data?.application_credential.expires_at;
  // In UTC, which Keystone does not say.
  const left = Date.parse(`${expires?.replace(/Z$/, '')}Z`) - services.now().getTime();
  if (Number.isNaN(left) || left > EXPIRES_SOON_MS) return [];
  return [
    {
      code: 'CREDENTIALS_EXPIRE',
      severity: 'warning',
      subject: 'credentials',
      detail: `the application credential ends at ${expires}`,
    },
  ];
}

// What a policy forbids is said; the others go on.
function refused(error: unknown): Finding[] {
  if (!isSkerryError(error, 'CLOUD_PERMISSION_MISSING')) throw error;
  return [{ code: error.code, severity: 'error', subject: error.subject, detail: error.detail }];
}

function minorOf(version: string): number {
  return Number(/^2\.(\d+)$/.exec(version)?.[1] ?? -1);
}
