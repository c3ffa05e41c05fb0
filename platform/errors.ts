import { errorTable } from '../content/error.ts';

export const platformError = errorTable({
  REQUEST_INVALID: {
    means: 'The request has a parameter that cannot be used.',
    remedy: 'Correct the parameter named in the details; /openapi.json says what each may be.',
  },
  ROUTE_NOT_FOUND: {
    means: 'The hub has nothing at this address.',
    remedy: 'Look the address up in /openapi.json.',
  },
  UNAUTHENTICATED: {
    means: 'The request carries no token that the cluster knows.',
    remedy: 'Send a Kubernetes bearer token, for example one made by "kubectl create token".',
  },
  ACCESS_DENIED: {
    means: 'The user may not do this.',
    remedy: 'Ask a cluster administrator for a role that allows it, for example by binding skerry-viewer.',
  },
  PAGE_EXPIRED: {
    means: 'The list went on without this page.',
    remedy: 'Ask for the list again from its start, without continue.',
  },
  PACK_NOT_FOUND: {
    means: 'The registry holds no such pack.',
    remedy:
      'Check name and version against /api/v1/packs; a pack that is missing comes with the next bundle or mirror job.',
  },
  PACK_UNREADABLE: {
    means: 'This pack cannot be read.',
    remedy: 'Push the pack again with a current skerry; the details say what is wrong with it.',
    exit: 3,
  },
  NOT_READY: {
    means: 'The hub cannot serve yet.',
    remedy: 'Wait; if it stays so, look at what the details name.',
  },
  HUB_OPTION_INVALID: {
    means: 'The hub cannot start with this option.',
    remedy: 'Correct the option; "skerry hub --help" says what each may be.',
    exit: 2,
  },
  HUB_LISTEN_FAILED: {
    means: 'The hub cannot listen on this address.',
    remedy: 'Choose another address with --listen, or end what uses it.',
  },
  TLS_SECRET_MISSING: {
    means: "The Secret for the hub's certificate does not exist.",
    remedy: 'Install the hub with its chart, which makes the Secret, or give --tls-cert and --tls-key.',
  },
  TLS_SECRET_CONTESTED: {
    means: "The Secret for the hub's certificate is changed by someone else again and again.",
    remedy: 'See who writes it (kubectl get secret -o yaml --show-managed-fields) and keep them from it.',
  },
  TLS_CERTIFICATE_INVALID: {
    means: 'This certificate and key cannot be used.',
    remedy: 'Give a certificate chain and the private key of its first certificate, both in PEM.',
    exit: 2,
  },
  HUB_FAILED: {
    means: 'Something in the hub went wrong.',
    remedy: "Look the request's id up in the hub's log and report what is there.",
  },
});
