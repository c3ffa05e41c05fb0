import { createHash, sign } from 'node:crypto';
import { cosignTag } from '../../content/companion-tag.ts';
import { copyContent } from '../../content/copy/copy.ts';
import { digestOf, hexOf } from '../../content/digest.ts';
import { descriptorOf, manifestOf } from '../../content/manifest.ts';
import { MediaType } from '../../content/media-type.ts';
import type { Manifest, WritableStore } from '../../content/store.ts';
import { MemoryStore } from '../../content/stores/memory.ts';
import { CertificateAuthority } from './certificate-authority.ts';
import { keyPair, type LogEntry, SignatureLog } from './sigstore-log.ts';

/** Who signs, and how honestly; all is well where nothing is said. */
export interface SigningOptions {
  readonly subject?: string;
  readonly issuer?: string;
  /** When the certificate was given out, and when the log took the signature up. */
  readonly at?: Date;
  readonly loggedAt?: Date;
  readonly logged?: boolean;
  readonly certificateLogged?: boolean;
}

/** `tag`: under cosign's tag with annotations. `bundle`: as a referrer, with a bundle of Sigstore. */
export type SignatureForm = 'tag' | 'bundle';

const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json';
const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const IN_TOTO = 'application/vnd.in-toto+json';
export const RELEASER = 'https://git.test/team/app/.github/workflows/release.yml@refs/tags/v1';
export const ISSUER = 'https://token.git.test';

/** For tests: a Sigstore of its own, that signs as cosign does with an identity, and without a network. */
export class TestSigstore {
  readonly #authority: CertificateAuthority;
  readonly #log = new SignatureLog();
  readonly #start: Date;

  private constructor(authority: CertificateAuthority, start: Date) {
    this.#authority = authority;
    this.#start = start;
  }

  static async make(start = new Date('2026-01-01T00:00:00Z')): Promise<TestSigstore> {
    return new TestSigstore(await CertificateAuthority.make(start), start);
  }

  /** trusted_root.json. */
  trustedRoot(): object {
    const validFor = { start: this.#start.toISOString() };
    const log = (baseUrl: string, { der, id }: { der: Buffer; id: Buffer }) => ({
      baseUrl,
      hashAlgorithm: 'SHA2_256',
      publicKey: { rawBytes: der.toString('base64'), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor },
      logId: { keyId: id.toString('base64') },
    });
    const rawBytes = Buffer.from(this.#authority.certificate.rawData).toString('base64');
    return {
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      tlogs: [log(`https://${SignatureLog.host}`, this.#log.key)],
      certificateAuthorities: [
        {
          subject: { organization: 'sigstore.test', commonName: 'test authority' },
          uri: 'https://authority.sigstore.test',
          certChain: { certificates: [{ rawBytes }] },
          validFor,
        },
      ],
      ctlogs: [log('https://certificates.sigstore.test', this.#authority.logKey)],
    };
  }

  /** Puts a signature of the manifest beside it, and gives the name that it has there. */
  async sign(
    target: WritableStore,
    repository: string,
    image: Manifest,
    form: SignatureForm,
    options: SigningOptions = {},
  ): Promise<string> {
    const store = new MemoryStore();
    const { manifest, reference } =
      form === 'tag'
        ? await this.#underTag(store, repository, image, options)
        : await this.#asReferrer(store, image, options);
    await store.writeManifest(repository, reference, manifest);
    await copyContent(store, target, [{ repository, reference }]);
    return reference;
  }

  async #underTag(store: MemoryStore, repository: string, image: Manifest, options: SigningOptions) {
    const statement = {
      critical: {
        identity: { 'docker-reference': repository },
        image: { 'docker-manifest-digest': image.digest },
        type: 'cosign container image signature',
      },
      optional: null,
    };
    const payload = Buffer.from(JSON.stringify(statement));
    const { signature, pem } = await this.#signed(payload, options);
    const entry = this.#logged(options, {
      apiVersion: '0.0.1',
      kind: 'hashedrekord',
      spec: {
        data: { hash: { algorithm: 'sha256', value: hexOf(digestOf(payload)) } },
        signature: { content: signature, publicKey: { content: Buffer.from(pem).toString('base64') } },
      },
    });
    const logID = this.#log.key.id.toString('hex');
    const logEntry = entry && {
      SignedEntryTimestamp: entry.promise.toString('base64'),
      Payload: { body: entry.body, integratedTime: entry.integratedTime, logIndex: entry.logIndex, logID },
    };
    const annotations = {
      'dev.cosignproject.cosign/signature': signature,
      'dev.sigstore.cosign/certificate': pem,
      'dev.sigstore.cosign/chain': this.#authority.certificate.toString('pem'),
      ...(logEntry && { 'dev.sigstore.cosign/bundle': JSON.stringify(logEntry) }),
    };
    const layer = { ...put(store, SIMPLE_SIGNING, payload), annotations };
    const rootfs = { type: 'layers', diff_ids: [layer.digest] };
    const config = put(
      store,
      MediaType.config,
      Buffer.from(JSON.stringify({ architecture: '', os: '', rootfs })),
    );
    const manifest = manifestOf(MediaType.manifest, {
      schemaVersion: 2,
      mediaType: MediaType.manifest,
      config,
      layers: [layer],
    });
    return { manifest, reference: cosignTag(image.digest, 'sig') };
  }

  async #asReferrer(store: MemoryStore, image: Manifest, options: SigningOptions) {
    const statement = {
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: '', digest: { sha256: hexOf(image.digest) } }],
      predicateType: 'https://sigstore.dev/cosign/sign/v1',
      predicate: {},
    };
    const payload = Buffer.from(JSON.stringify(statement));
    const head = `DSSEv1 ${IN_TOTO.length} ${IN_TOTO} ${payload.byteLength} `;
    const { signature, pem, certificate } = await this.#signed(
      Buffer.concat([Buffer.from(head), payload]),
      options,
    );
    const envelope = {
      payload: payload.toString('base64'),
      payloadType: IN_TOTO,
      signatures: [{ sig: signature }],
    };
    const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');
    const entry = this.#logged(options, {
      apiVersion: '0.0.1',
      kind: 'dsse',
      spec: {
        envelopeHash: { algorithm: 'sha256', value: sha256(JSON.stringify(envelope)) },
        payloadHash: { algorithm: 'sha256', value: sha256(payload) },
        signatures: [{ signature, verifier: Buffer.from(pem).toString('base64') }],
      },
    });
    const bundle = {
      mediaType: BUNDLE,
      verificationMaterial: {
        certificate: { rawBytes: certificate.toString('base64') },
        tlogEntries: entry === undefined ? [] : [this.#bundled(entry)],
        timestampVerificationData: {},
      },
      dsseEnvelope: envelope,
    };
    const manifest = manifestOf(MediaType.manifest, {
      schemaVersion: 2,
      mediaType: MediaType.manifest,
      artifactType: BUNDLE,
      config: put(store, 'application/vnd.oci.empty.v1+json', Buffer.from('{}')),
      layers: [put(store, BUNDLE, Buffer.from(JSON.stringify(bundle)))],
      subject: descriptorOf(image),
    });
    return { manifest, reference: manifest.digest };
  }

  async #signed(bytes: Buffer, options: SigningOptions) {
    const { subject = RELEASER, issuer = ISSUER, certificateLogged: logged = true } = options;
    const key = keyPair();
    const certificate = await this.#authority.issue(key.publicKey, {
      subject,
      issuer,
      at: this.#at(options),
      logged,
    });
    const signature = sign('sha256', bytes, key.privateKey).toString('base64');
    return { signature, pem: certificate.toString('pem'), certificate: Buffer.from(certificate.rawData) };
  }

  #at({ at }: SigningOptions): Date {
    return at ?? new Date(this.#start.getTime() + 86_400_000);
  }

  #logged(options: SigningOptions, entry: object): LogEntry | undefined {
    const { logged = true, loggedAt = this.#at(options) } = options;
    return logged ? this.#log.take(entry, loggedAt) : undefined;
  }

  #bundled({ body, integratedTime, logIndex, promise, rootHash, checkpoint }: LogEntry): object {
    const parsed = JSON.parse(Buffer.from(body, 'base64').toString());
    return {
      logIndex: String(logIndex),
      logId: { keyId: this.#log.key.id.toString('base64') },
      kindVersion: { kind: parsed.kind, version: parsed.apiVersion },
      integratedTime: String(integratedTime),
      inclusionPromise: { signedEntryTimestamp: promise.toString('base64') },
      inclusionProof: {
        logIndex: String(logIndex),
        rootHash: rootHash.toString('base64'),
        treeSize: '1',
        hashes: [],
        checkpoint: { envelope: checkpoint },
      },
      canonicalizedBody: body,
    };
  }
}

function put(store: MemoryStore, mediaType: string, bytes: Buffer) {
  return store.putBlob({ mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes);
}
