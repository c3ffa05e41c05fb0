/** Options of the gateway's controllers. */
export interface InfraOptions {
  readonly kubeconfig?: string | undefined;
  /** Where address pools, reservations and the authority of webhooks are. */
  readonly namespace: string;
  readonly maxConcurrent: number;
  /** Port 0 takes a free one. */
  readonly probePort: number;
  /** Unique to this run. */
  readonly identity: string;
  readonly logLevel: 'info' | 'error' | 'silent';
}
