/** Names that AWS's services have for the same mishap, and the code by which people are told of it. */
const codes = [
  [
    'CREDENTIALS_REFUSED',
    /^(ExpiredToken|InvalidClientTokenId|UnrecognizedClient|AuthFailure|RequestExpired)/,
  ],
  [
    'CREDENTIALS_REFUSED',
    /^(SignatureDoesNotMatch|InvalidSignature|IncompleteSignature|MissingAuthentication)/,
  ],
  ['QUOTA_EXCEEDED', /LimitExceeded|^ServiceQuotaExceeded|^InsufficientFreeAddresses|QuotaExceeded/],
  ['CLOUD_PERMISSION_MISSING', /^(AccessDenied|UnauthorizedOperation|NotAuthorized)/],
  ['NETWORK_UNKNOWN', /^Invalid(Subnet|SubnetID|VpcID|Vpc)(\.|$)/],
] as const;

export type AwsErrorCode = (typeof codes)[number][0] | 'CLOUD_REQUEST_FAILED';

/** `RequestLimitExceeded` is EC2's word for too many requests at once, and no quota. */
export function awsErrorCode(name: string): AwsErrorCode {
  if (/^(Throttl|RequestLimitExceeded|TooManyRequests)/.test(name)) return 'CLOUD_REQUEST_FAILED';
  return codes.find(([, pattern]) => pattern.test(name))?.[0] ?? 'CLOUD_REQUEST_FAILED';
}
