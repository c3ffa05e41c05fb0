import { digestOf } from '../../content/digest.ts';
import type { ChannelRelease } from '../metadata/release-target.ts';

export function release(version: string, extra: Partial<ChannelRelease> = {}): ChannelRelease {
  return {
    ...{ product: 'skerry', version, digest: digestOf(Buffer.from(version)), size: 1000, from: '>=0.0.0' },
    ...{ repository: 'skerry/release', stop: false, kubernetes: '>=1.31.0 <1.38.0', track: 'stable' },
    ...extra,
  };
}
