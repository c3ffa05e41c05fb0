import { benchError } from '../errors.ts';
import type { Contestant } from './contestant.ts';
import { spread, withWires } from './crowd.ts';
import { makeNoise } from './noise.ts';
import { encode, INDEX_TYPE, MANIFEST_TYPE, makeManifest, pushBlob, pushManifest } from './pusher.ts';
import type { ContestSize, RegistryContest } from './registry-contest.ts';
import type { Wire } from './wire.ts';

const REPOSITORY = 'bench/referrers';
const ARTIFACT_TYPE = 'application/vnd.example.signature.v1';

/**
 * The referrers of an image that has very many. Distribution has no such API: its clients are answered 404, and read
 * the index that clients keep under a tag made of the subject's digest (distribution-spec, "Referrers Tag Schema").
 */
export function referrersContest({ quick }: ContestSize): RegistryContest {
  const count = quick ? 50 : 1000;
  const requests = quick ? 20 : 100;
  const config = makeNoise(100);
  const subject = makeManifest(config, []);
  const referrers = Array.from({ length: count }, (_, at) =>
    makeManifest(config, [], {
      artifactType: ARTIFACT_TYPE,
      subject: { mediaType: MANIFEST_TYPE, digest: subject.digest, size: subject.bytes.byteLength },
      annotations: { 'org.example.number': String(at) },
    }),
  );
  const index = encode({
    schemaVersion: 2,
    mediaType: INDEX_TYPE,
    manifests: referrers.map(({ digest, bytes }, at) => ({
      mediaType: MANIFEST_TYPE,
      digest,
      size: bytes.byteLength,
      artifactType: ARTIFACT_TYPE,
      annotations: { 'org.example.number': String(at) },
    })),
  });
  const tag = subject.digest.replace(':', '-');
  const ask = async (wire: Wire, { name }: Contestant) => {
    const api = await wire.send({ method: 'GET', target: `/v2/${REPOSITORY}/referrers/${subject.digest}` });
    const target = `/v2/${REPOSITORY}/manifests/${tag}`;
    const headers = { accept: INDEX_TYPE };
    const answer = api.status === 404 ? await wire.ask({ method: 'GET', target, headers }, 200) : api;
    // Ours may put fields in another order or leave none out, so the sizes are nearly the same and not equal.
    if (Math.abs(answer.size - index.bytes.byteLength) < 0.2 * index.bytes.byteLength) return;
    throw benchError('BENCH_WRONG_RESULT', { subject: name, detail: `${answer.size} bytes of referrers` });
  };
  return {
    name: 'referrers',
    title: `referrers of an image that has ${count}`,
    asked: 5,
    work: requests,
    unit: 'lists',
    fill: async (contestant) => {
      await withWires(contestant, 8, async (wires) => {
        const one = wires.slice(0, 1);
        await spread(one, 1, async (wire) => {
          await pushBlob(wire, REPOSITORY, config);
          await pushManifest(wire, REPOSITORY, subject, { tag: 'v1' });
        });
        await spread(wires, count, async (wire, at) => {
          const referrer = referrers[at];
          if (referrer !== undefined) await pushManifest(wire, REPOSITORY, referrer);
        });
        if (contestant.name === 'distribution')
          await spread(one, 1, (wire) => pushManifest(wire, REPOSITORY, index, { tag, type: INDEX_TYPE }));
      });
    },
    prepare: async (contestant) => async () =>
      await withWires(contestant, 1, (wires) => spread(wires, requests, (wire) => ask(wire, contestant))),
  };
}
