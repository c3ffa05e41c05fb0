import { contentError } from '../errors.ts';

/**
 * The origin of a registry's API. An address is `host[:port]`, or has `http://` or `https://` before it. Without a scheme
 * it is HTTPS, but plain HTTP for this machine itself, as container tools do. Throws REFERENCE_INVALID.
 */
export function originOf(address: string): string {
  const url = URL.parse(/^https?:\/\//.test(address) ? address : `https://${address}`);
  const bare = url !== null && `${url.origin}/` === url.href && url.username === '' && url.password === '';
  if (!bare) {
    throw contentError('REFERENCE_INVALID', {
      // It may hold a password.
      subject: address.slice(address.lastIndexOf('@') + 1),
      remedy: 'Give a registry as HOST[:PORT], e.g. registry.example:5000.',
    });
  }
  // Docker Hub's API has another name than its images.
  if (url.host === 'docker.io' || url.host === 'index.docker.io') return 'https://registry-1.docker.io';
  return /^https?:/.test(address) || !isThisMachine(url) ? url.origin : `http://${address}`;
}

/** True when the address leads to this machine alone. */
export function isThisMachine({ hostname }: URL): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}
