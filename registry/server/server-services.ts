import type { AccessServices } from '../access/access-services.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { StorageReports } from '../report/storage-reports.ts';
import type { UploadServices } from '../uploads/upload-endpoint.ts';

/** What all the endpoints of the registry work with together. */
export interface ServerServices extends UploadServices {
  readonly login: AccessServices;
  readonly metrics: Metrics;
  /** Absent where what is served is no store of a registry's own. */
  readonly storage: StorageReports | undefined;
}
