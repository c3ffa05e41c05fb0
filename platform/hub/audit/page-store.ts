import type { CallOptions, KubeClient } from '../../../apply/client/client.ts';
import { isSkerryError } from '../../../content/error.ts';
import { PAGE_SELECTOR, type Page, pageName, pageObject, pageOf } from './page.ts';

/** The pages of the hub's audit in the cluster. */
export class PageStore {
  readonly #client: Pick<KubeClient, 'get' | 'list' | 'create' | 'replace' | 'delete'>;
  readonly #namespace: string;

  constructor(client: Pick<KubeClient, 'get' | 'list' | 'create' | 'replace' | 'delete'>, namespace: string) {
    this.#client = client;
    this.#namespace = namespace;
  }

  /** All of them, the oldest first. */
  async list(options: CallOptions): Promise<Page[]> {
    const selection = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      namespace: this.#namespace,
      labelSelector: PAGE_SELECTOR,
    };
    const { items } = await this.#client.list(selection, options);
    return items.flatMap((item) => pageOf(item) ?? []).sort((a, b) => a.number - b.number);
  }

  async read(number: number, options: CallOptions): Promise<Page | undefined> {
    const found = await this.#client.get(this.#reference(number), options);
    return found === undefined ? undefined : pageOf(found);
  }

  /** Undefined when somebody else has written it since it was read, or has made it. */
  async write(page: Page, options: CallOptions): Promise<Page | undefined> {
    const object = pageObject(page, this.#namespace);
    const { resourceVersion } = page;
    try {
      const written = await (resourceVersion === undefined
        ? this.#client.create(object, options)
        : this.#client.replace(object, options));
      return { ...page, resourceVersion: written.metadata.resourceVersion };
    } catch (error) {
      if (isSkerryError(error, 'OBJECT_CHANGED')) return undefined;
      throw error;
    }
  }

  /** Only the page as it was read. */
  async delete({ number, resourceVersion }: Page, options: CallOptions): Promise<void> {
    await this.#client.delete(this.#reference(number), { ...options, resourceVersion });
  }

  #reference(number: number) {
    return {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: pageName(number), namespace: this.#namespace },
    };
  }
}
