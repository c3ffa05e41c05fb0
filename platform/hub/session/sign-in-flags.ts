import { type Command, InvalidArgumentError, Option } from 'commander';

export interface SignInFlags {
  readonly sessions: boolean;
  readonly sessionSecret: string;
  readonly sessionHours: number;
  readonly publicUrl?: string;
  readonly oidcIssuer?: string;
  readonly oidcClientId?: string;
  readonly oidcClientSecretFile?: string;
  readonly oidcProgramClientId?: string;
  readonly oidcCa?: string;
  readonly oidcScope: readonly string[];
  readonly oidcVerify?: boolean;
  readonly impersonate?: boolean;
  readonly oidcUsernameClaim: string;
  readonly oidcGroupsClaim: string;
  readonly oidcPrefix: string;
}

const DEFAULT_SCOPES: readonly string[] = ['openid', 'profile', 'email', 'offline_access'];

/** Adds the options of signing in with a browser. */
export function withSignIn(command: Command): Command {
  return command
    .option('--no-sessions', 'let nobody in with a browser: bearer tokens alone count')
    .option(
      '--session-secret <name>',
      'a Secret beside --tls-secret for the keys of sessions',
      'skerry-hub-sessions',
    )
    .option('--session-hours <hours>', 'how long a session lasts at most', parseHours, 12)
    .addOption(
      new Option(
        '--public-url <url>',
        'https://HOST[:PORT] as browsers see the hub; what they ask for otherwise',
      ).argParser(parseOrigin),
    )
    .addOption(
      new Option('--oidc-issuer <url>', 'an identity provider (OpenID Connect)').argParser(parseIssuer),
    )
    .option('--oidc-client-id <id>', 'what the identity provider knows the hub as')
    .option('--oidc-client-secret-file <file>', 'its secret, where it is no public client')
    .option(
      '--oidc-program-client-id <id>',
      'what it knows "skerry login" as, a public client; the hub’s own otherwise',
    )
    .option('--oidc-ca <file>', 'certificates (PEM) trusted for it besides the system’s')
    .addOption(
      new Option('--oidc-scope <scope>', 'what is asked of it; may be repeated')
        .argParser((scope: string, earlier: readonly string[]) =>
          earlier === DEFAULT_SCOPES ? [scope] : [...earlier, scope],
        )
        .default(DEFAULT_SCOPES, DEFAULT_SCOPES.join(' ')),
    )
    .option(
      '--oidc-verify',
      'check ID tokens here, where the API server knows nothing of the identity provider',
    )
    .option('--oidc-username-claim <claim>', 'with --oidc-verify: the claim that names a user', 'sub')
    .option('--oidc-groups-claim <claim>', 'with --oidc-verify: the claim of their groups', 'groups')
    .option('--oidc-prefix <text>', 'with --oidc-verify: stands before the names of both', 'oidc:')
    .option(
      '--impersonate',
      'write what users write in their name, so that the API server knows whose it is',
    );
}

function parseHours(text: string): number {
  const hours = Number(text);
  if (!/^\d{1,3}$/.test(text) || hours < 1 || hours > 720)
    throw new InvalidArgumentError('a number of hours from 1 to 720');
  return hours;
}

function parseOrigin(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol !== 'https:' || url.href !== `${url.origin}/`)
    throw new InvalidArgumentError('an address as https://HOST[:PORT]');
  return url.origin;
}

// As the issuer writes itself: tokens are compared with it letter by letter (OpenID Connect Core, 3.1.3.7).
function parseIssuer(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol !== 'https:' || url.search !== '' || url.hash !== '' || url.username !== '')
    throw new InvalidArgumentError('an address as https://HOST[:PORT][/PATH]');
  return text;
}
