/** Options of the agent. */
export interface AgentOptions {
  /** Of Skerry. */
  readonly version: string;
  /** Path; the pod's service account when absent. */
  readonly kubeconfig?: string | undefined;
  /** Where the agent keeps what it remembers. */
  readonly namespace: string;
  /** A file that says where the hub is; absent for an agent that files are carried to. */
  readonly hub?: string | undefined;
  /** A file with the token to enroll with; it may not be there. */
  readonly token?: string | undefined;
  /** A folder for what is passing. */
  readonly scratch: string;
  /** Path of a Helm 4 program. */
  readonly helm: string;
  /** Port 0 takes a free one. */
  readonly probePort: number;
  /** Unique to this run. */
  readonly identity: string;
  readonly logLevel: 'info' | 'error' | 'silent';
}
