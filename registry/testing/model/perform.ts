import type { Digest } from '../../../content/digest.ts';
import type { Answer, SendOptions } from '../client.ts';
import type { Operation, Way } from './operation.ts';
import { type Specimen, specimenOf, wholeOf } from './specimens.ts';

export interface Sender {
  send(method: string, path: string, options?: SendOptions): Promise<Answer>;
}

/** Does what an operation says; the answer is that of its last request, or of the one that was refused. */
export async function perform(client: Sender, operation: Operation): Promise<Answer> {
  const base = `/v2/${operation.to}`;
  switch (operation.do) {
    case 'push blob': {
      const { bytes, digest } = specimenOf(operation.blob);
      return await pushBlob(client, base, { bytes, digest, way: operation.way });
    }
    case 'push wrong': {
      const { bytes, digest } = specimenOf(operation.blob);
      const other = Buffer.concat([bytes, Buffer.from('!')]);
      return await pushBlob(client, base, { bytes: other, digest, way: operation.way });
    }
    case 'cancel':
      return await cancelUpload(client, base, specimenOf(operation.blob));
    case 'mount':
      return await mount(client, base, operation);
    case 'push manifest':
      return await pushManifest(client, base, operation);
    case 'push whole':
      return await pushWhole(client, base, operation);
    case 'delete tag':
      return await client.send('DELETE', `${base}/manifests/${operation.tag}`);
    case 'delete manifest':
      return await client.send('DELETE', `${base}/manifests/${specimenOf(operation.manifest).digest}`);
    case 'delete blob':
      return await client.send('DELETE', `${base}/blobs/${specimenOf(operation.blob).digest}`);
  }
}

interface Push {
  readonly bytes: Buffer;
  readonly digest: Digest;
  readonly way: Way;
}

async function pushBlob(client: Sender, base: string, { bytes, digest, way }: Push): Promise<Answer> {
  const uploads = `${base}/blobs/uploads/`;
  if (way === 'at once') return await client.send('POST', `${uploads}?digest=${digest}`, { body: bytes });
  const begun = await client.send('POST', uploads, { body: '' });
  const { location } = begun.headers;
  if (begun.status !== 202 || location === undefined) return begun;
  if (way === 'in one') return await client.send('PUT', `${location}?digest=${digest}`, { body: bytes });
  const half = Math.floor(bytes.byteLength / 2);
  const [first, second] = [bytes.subarray(0, half), bytes.subarray(half)];
  if (way === 'as a stream') {
    const streamed = await client.send('PATCH', location, { body: [first, second] });
    if (streamed.status !== 202) return streamed;
    return await client.send('PUT', `${location}?digest=${digest}`, { body: '' });
  }
  if (half > 0) {
    const headers = { 'content-range': `0-${half - 1}` };
    const sent = await client.send('PATCH', location, { body: first, headers });
    if (sent.status !== 202) return sent;
  }
  const headers = second.byteLength === 0 ? {} : { 'content-range': `${half}-${bytes.byteLength - 1}` };
  return await client.send('PUT', `${location}?digest=${digest}`, { body: second, headers });
}

async function cancelUpload(client: Sender, base: string, { bytes }: Specimen): Promise<Answer> {
  const begun = await client.send('POST', `${base}/blobs/uploads/`, { body: '' });
  const { location } = begun.headers;
  if (begun.status !== 202 || location === undefined) return begun;
  const sent = await client.send('PATCH', location, { body: bytes });
  if (sent.status !== 202) return sent;
  return await client.send('DELETE', location);
}

async function mount(
  client: Sender,
  base: string,
  { blob, from }: Extract<Operation, { do: 'mount' }>,
): Promise<Answer> {
  const { digest } = specimenOf(blob);
  const source = from === undefined ? '' : `&from=${from}`;
  const answer = await client.send('POST', `${base}/blobs/uploads/?mount=${digest}${source}`, { body: '' });
  if (answer.status === 202 && answer.headers.location !== undefined)
    await client.send('DELETE', answer.headers.location);
  return answer;
}

async function pushManifest(
  client: Sender,
  base: string,
  {
    manifest,
    byDigest,
    tags,
  }: Pick<Extract<Operation, { do: 'push manifest' }>, 'manifest' | 'byDigest' | 'tags'>,
): Promise<Answer> {
  const specimen = specimenOf(manifest);
  const query = tags.map((tag) => `tag=${tag}`).join('&');
  const reference = byDigest ? `${specimen.digest}?${query}` : tags[0];
  return await client.send('PUT', `${base}/manifests/${reference}`, {
    body: specimen.bytes,
    headers: { 'content-type': specimen.manifest?.mediaType ?? '' },
  });
}

async function pushWhole(
  client: Sender,
  base: string,
  { manifest, tag }: Extract<Operation, { do: 'push whole' }>,
): Promise<Answer> {
  const { blobs, manifests } = wholeOf(manifest);
  for (const { digest, bytes } of blobs) {
    const asked = await client.send('HEAD', `${base}/blobs/${digest}`);
    if (asked.status === 200) continue;
    const sent = await pushBlob(client, base, { digest, bytes, way: 'in one' });
    if (sent.status !== 201) return sent;
  }
  for (const { name } of manifests.filter((each) => each.name !== manifest)) {
    const sent = await pushManifest(client, base, { manifest: name, byDigest: true, tags: [] });
    if (sent.status !== 201) return sent;
  }
  return await pushManifest(client, base, { manifest, byDigest: true, tags: [tag] });
}
