import { NAME_GRAMMAR } from '../../content/reference.ts';
import type { CredentialSource } from '../../content/remote/credentials.ts';
import { platformError } from '../errors.ts';
import type { AgentsOptions } from './fleet.ts';
import type { LogLevel } from './log-level.ts';
import type { SignInOptions } from './session/open-sign-in.ts';
import type { CertificateTerms } from './tls/certificate-terms.ts';

/** What the hub is told when it starts. */
export interface HubOptions {
  /** Of Skerry. */
  readonly version: string;
  /** Port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly registry: {
    /** `host[:port]`, or with `http://` or `https://` before it. */
    readonly address: string;
    /** PEM certificates trusted besides the system's. */
    readonly ca?: string | undefined;
    readonly credentials?: CredentialSource | undefined;
    /** What the repositories of packs begin with. */
    readonly packsPrefix: string;
  };
  /** Path; the pod's service account when absent. */
  readonly kubeconfig?: string | undefined;
  readonly tls: TlsOptions;
  /** Of the certificates that the hub makes; the defaults when absent. */
  readonly terms?: CertificateTerms | undefined;
  /** The agents' door and what agents are given; the hub manages no clusters when absent. */
  readonly agents?: (AgentsOptions & { readonly namespace: string }) | undefined;
  /** How browsers are let in; bearer tokens alone count when absent. */
  readonly signIn?: SignInOptions | undefined;
  readonly logLevel: LogLevel;
}

/** `checkMs` is the time between two looks at the certificate; a minute when absent. */
export type TlsOptions =
  /** PEM files that someone else looks after. */
  | { readonly cert: string; readonly key: string; readonly checkMs?: number }
  /** A Secret that the hub looks after, and what the hub is reached by. */
  | {
      readonly namespace: string;
      readonly secret: string;
      readonly hosts: readonly string[];
      /** Whether it is reached at nodes of its cluster too. */
      readonly nodes?: boolean | undefined;
      readonly checkMs?: number;
    };

/** The names and addresses by which a Service is reached in its cluster, and through a port-forward. */
export function hostsOf(service: string, namespace: string): string[] {
  const inNamespace = `${service}.${namespace}`;
  const inCluster = [`${inNamespace}.svc`, `${inNamespace}.svc.cluster.local`];
  return [service, inNamespace, ...inCluster, 'localhost', '127.0.0.1'];
}

/** Throws HUB_OPTION_INVALID. */
export function checkOptions({ registry, agents }: HubOptions): void {
  for (const url of agents?.urls ?? []) checkAgentsUrl(url);
  const { address, packsPrefix } = registry;
  if (!NAME_GRAMMAR.test(packsPrefix)) {
    throw platformError('HUB_OPTION_INVALID', { subject: '--packs-prefix', detail: packsPrefix });
  }
  const url = URL.parse(address.includes('://') ? address : `https://${address}`);
  if (url === null || !/^https?:$/.test(url.protocol) || !isOrigin(url)) {
    throw platformError('HUB_OPTION_INVALID', {
      subject: '--registry',
      detail: 'not a host, or http://HOST:PORT',
    });
  }
}

function checkAgentsUrl(text: string): void {
  const url = URL.parse(text);
  if (url?.protocol === 'https:' && isOrigin(url)) return;
  throw platformError('AGENTS_OPTION_INVALID', {
    subject: '--agents-url',
    detail: `${text} is not https://HOST:PORT`,
  });
}

/** Whether it is an address alone: no user, password, path or query. */
function isOrigin(url: URL): boolean {
  return url.href === `${url.origin}/`;
}
