/** How long certificates are good for, and when others take their places. */
export interface CertificateTerms {
  /** Of authorities: the hub's own, and the agents'. */
  readonly authorityDays: number;
  /** Of the certificates that the hub serves with. */
  readonly servingDays: number;
  readonly agentDays: number;
  /** A certificate is replaced when so much of its lifetime is left: a share, from 0 to 1. */
  readonly renewLeft: number;
}

export const DEFAULT_TERMS: CertificateTerms = {
  authorityDays: 3_650,
  servingDays: 365,
  agentDays: 365,
  renewLeft: 0.33,
};
