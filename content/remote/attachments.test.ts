import assert from 'node:assert/strict';
import { test } from 'node:test';
import { referrersTag } from '../companion-tag.ts';
import { isSkerryError } from '../error.ts';
import { manifestOf } from '../manifest.ts';
import { MediaType } from '../media-type.ts';
import { type AttachmentQuestions, RemoteAttachments } from './attachments.ts';

const IMAGE = `sha256:${'a'.repeat(64)}` as const;

test('a list of referrers that cannot be read is an error, not an empty list', async () => {
  const broken = { schemaVersion: 2, mediaType: MediaType.index, manifests: [{ digest: 'sha256:cut' }] };
  const unreadable = attachmentsWith(manifestOf(MediaType.index, broken));
  await assert.rejects(unreadable.referrers(IMAGE), (error) => isSkerryError(error, 'MANIFEST_INVALID'));
  const another = attachmentsWith(manifestOf(MediaType.manifest, { schemaVersion: 2 }));
  assert.deepEqual(await another.referrers(IMAGE), [], 'an image that only has such a tag');
});

function attachmentsWith(list: ReturnType<typeof manifestOf>): RemoteAttachments {
  const questions: AttachmentQuestions = {
    askReferrers: async () => undefined,
    askTags: async () => new Set([referrersTag(IMAGE)]),
    askManifest: async () => list,
  };
  return new RemoteAttachments(questions, 'team/app', [], false);
}
