import type { VerifyOptions } from '../../bundle/file/verify.ts';
import type { PublicKey } from '../../bundle/key.ts';
import type { ReleaseBundle } from '../../bundle/release-bundle.ts';
import type { ChannelSource } from '../../channel/client/source.ts';
import type { Digest } from '../../content/digest.ts';
import type { Stick } from '../stick/stick.ts';

/** A release that is at hand. Nothing that it says is believed before it was opened with a key. */
export interface OfferedRelease {
  readonly name: string;
  readonly version: string;
  readonly digest: Digest;
  /** Kubernetes versions that it runs on. */
  readonly kubernetes: string;
  /** Versions from which it may be reached, as it says itself; undefined where it does not say. */
  readonly from: string | undefined;
  /** For messages: the path of its bundle, or where a registry has it. */
  readonly place: string;
  /** Where it lies on a stick: its programs lie beside it. */
  readonly stick: Stick | undefined;
  /** Proves it. Throws SIGNATURE_*, BUNDLE_*. */
  open(key: PublicKey, options?: VerifyOptions): Promise<ReleaseBundle>;
}

/** What a stick or a registry brings to a cluster. */
export interface Offer {
  /** For messages. */
  readonly name: string;
  readonly releases: readonly OfferedRelease[];
  readonly channel: ChannelSource | undefined;
  /** The key that lies beside the releases, which is nobody's word for itself. */
  readonly keyPath: string | undefined;
  close(): Promise<void>;
}
