import { z } from 'zod';
import { infraError } from '../../errors.ts';
import { narrow, type Services } from './services.ts';

const Image = z.object({
  id: z.string(),
  name: z.string().nullish(),
  owner: z.string().nullish(),
  status: z.string(),
  /** GiB. */
  min_disk: z.number().default(0),
  /** MiB. */
  min_ram: z.number().default(0),
});
export type Image = z.infer<typeof Image>;

/**
 * The node template of a name or id. Names are not unique: the project's own image goes before those of others, and two
 * of one owner are refused rather than guessed between. Throws TEMPLATE_UNKNOWN.
 */
export async function findImage(services: Services, wanted: string, signal: AbortSignal): Promise<Image> {
  const { project } = await services.token(signal);
  const unknown = (detail: string) =>
    infraError('TEMPLATE_UNKNOWN', { subject: `template ${wanted}`, detail });
  // Quoted, as a name may begin with what Glance takes for an operator.
  const query = { name: `in:"${wanted}"` };
  const named = wanted.includes('"')
    ? []
    : await services.list('image', Image, { path: '/images', plural: 'images', query }, signal);
  const own = named.filter(({ owner }) => owner === project.id);
  const candidates = own.length > 0 ? own : named;
  const image = candidates.length > 0 ? candidates[0] : await imageOf(services, wanted, signal);
  if (image === undefined) throw unknown('no image of that name or id can be seen');
  if (candidates.length > 1)
    throw unknown(`${candidates.length} images have that name; name one by its id: ${idsOf(candidates)}`);
  if (image.status !== 'active') throw unknown(`the image is ${image.status}`);
  return image;
}

async function imageOf(services: Services, id: string, signal: AbortSignal): Promise<Image | undefined> {
  const request = { method: 'GET', path: `/images/${encodeURIComponent(id)}`, accept: [404] } as const;
  const answer = await services.call('image', request, signal);
  return answer.status === 404 ? undefined : narrow(Image, answer, `image: ${id}`);
}

function idsOf(images: readonly Image[]): string {
  return images
    .slice(0, 5)
    .map(({ id }) => id)
    .join(', ');
}
