import { z } from 'zod';
import { isPresignedWith } from '../../platform/infra/provider/aws/signature.ts';

export interface TokenSite {
  readonly secretOf: (accessKeyId: string) => string | undefined;
  /** What STS answers to GetCallerIdentity with this key. */
  readonly arnOf: (url: URL) => Promise<string>;
  readonly clusters: () => readonly string[];
  /** Whether a principal may in, and as a member of which groups. */
  readonly groupsOf: (cluster: string, arn: string) => string[] | undefined;
  readonly now: () => Date;
}

const Review = z.looseObject({ spec: z.looseObject({ token: z.string() }) });
const PREFIX = 'k8s-aws-v1.';
/** EKS lets a token in for so long after it was signed, whatever the token says. */
const LIFE_MILLISECONDS = 15 * 60_000;

/** Answers a TokenReview as the webhook of an EKS API server does: the token is a presigned GetCallerIdentity. */
export async function reviewToken(body: string, site: TokenSite): Promise<object> {
  const { token } = Review.parse(JSON.parse(body)).spec;
  const status = await judge(token, site);
  return { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', status };
}

async function judge(token: string, site: TokenSite): Promise<object> {
  if (!token.startsWith(PREFIX)) return refused('not a token of EKS');
  const text = Buffer.from(token.slice(PREFIX.length), 'base64url').toString();
  if (!URL.canParse(text)) return refused('not an address');
  const url = new URL(text);
  const query = url.searchParams;
  if (query.get('Action') !== 'GetCallerIdentity') return refused('another action');
  const signedAt = Date.parse(
    (query.get('X-Amz-Date') ?? '').replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'),
  );
  if (!(site.now().getTime() - signedAt < LIFE_MILLISECONDS)) return refused('the token has ended');
  const secret = site.secretOf((query.get('X-Amz-Credential') ?? '').split('/')[0] ?? '');
  if (secret === undefined) return refused('the key does not hold');
  // One server stands behind all clusters, so each of them may be the one that was signed for.
  const cluster = site.clusters().find((name) => {
    const headers = { 'x-k8s-aws-id': name, 'x-amz-expires': '60' };
    return isPresignedWith(url, headers, secret);
  });
  if (cluster === undefined) return refused('the signature is not good');
  const arn = await site.arnOf(url);
  const groups = site.groupsOf(cluster, arn);
  if (groups === undefined) return refused(`no access entry for ${arn}`);
  return { authenticated: true, user: { username: arn, uid: arn, groups } };
}

function refused(error: string): object {
  return { authenticated: false, error };
}
