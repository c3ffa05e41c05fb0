/** Names of what is not to be read by others: of a field, a variable, a flag, a header. */
export const SENSITIVE_WORDS =
  '(?:passw(?:or)?d|pass|passphrase|passwd|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|secret[-_]?key|client[-_]?key|signing[-_]?key|account[-_]?key|shared[-_]?key|master[-_]?key|encryption[-_]?key|credential|authorization|auth|cookie|session(?:[-_]?id)?|signature|dsn|connection[-_]?string|htpasswd|bearer|jwt|otp|sig|dockerconfigjson|dockercfg)s?(?:[-_.]?(?:hash|value|b64|base64|base|text|data))?';

const SENSITIVE = new RegExp(`${SENSITIVE_WORDS}$`, 'i');
/** What tells nothing, whatever it is called. */
const HARMLESS = /^(?:|true|false|null|none|nil|undefined|\{\}?|\[\]?[,}\]]*|\(|"+|'+|<nil>|\d{1,3})$/i;

export function isSensitiveName(name: string): boolean {
  return SENSITIVE.test(name);
}

export function isHarmless(value: string): boolean {
  return HARMLESS.test(value.trim());
}
