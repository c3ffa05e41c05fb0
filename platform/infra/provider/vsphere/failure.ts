import type { SkerryError } from '../../../../content/error.ts';
import { infraError } from '../../errors.ts';
import type { VsphereFault } from './soap.ts';

type Code = Parameters<typeof infraError>[0];

/** Names of fault types (vSphere Web Services API), and the codes that they mean for a machine. */
const CODES: Readonly<Record<string, Code>> = {
  InvalidLogin: 'CREDENTIALS_REFUSED',
  InvalidLocale: 'CREDENTIALS_REFUSED',
  NotAuthenticated: 'CREDENTIALS_REFUSED',
  NoPermission: 'CLOUD_PERMISSION_MISSING',
  RestrictedByAdministrator: 'CLOUD_PERMISSION_MISSING',
  DuplicateName: 'MACHINE_NAME_TAKEN',
  InsufficientCpuResources: 'QUOTA_EXCEEDED',
  InsufficientMemoryResources: 'QUOTA_EXCEEDED',
  InsufficientResources: 'QUOTA_EXCEEDED',
  InsufficientStorageSpace: 'QUOTA_EXCEEDED',
  InsufficientHostCapacity: 'QUOTA_EXCEEDED',
  InsufficientFailoverResources: 'QUOTA_EXCEEDED',
  NoDiskSpace: 'QUOTA_EXCEEDED',
  NoCompatibleHost: 'QUOTA_EXCEEDED',
  LimitExceeded: 'QUOTA_EXCEEDED',
  LicenseExpired: 'QUOTA_EXCEEDED',
};

/** The error that a fault stands for. */
export function failureOf(fault: VsphereFault, subject: string): SkerryError {
  const code = CODES[fault.fault] ?? 'CLOUD_REQUEST_FAILED';
  const detail = [fault.fault, fault.message, fault.about].filter(Boolean).join(': ');
  return infraError(code, { subject, detail, cause: fault });
}
