/** Options of the API server that switch on what is off by default in Kubernetes 1.34 and 1.35. */
export const MUTATING_POLICIES: readonly string[] = [
  '--feature-gates=MutatingAdmissionPolicy=true',
  '--runtime-config=admissionregistration.k8s.io/v1beta1=true',
];
