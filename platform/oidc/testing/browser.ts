import { Agent, request } from 'undici';

export interface Page {
  readonly url: string;
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

interface Visit {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends at an address that begins so, without asking there. */
  readonly until?: string;
}

const MAX_HOPS = 15;

/** Somebody at a browser: keeps cookies for each host, follows redirects, fills in the forms of a test issuer. */
export class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();
  readonly #dispatcher: Agent;

  /** `cas` are the authorities (PEM) that it trusts. */
  constructor(cas: readonly string[]) {
    this.#dispatcher = new Agent({ connect: { ca: [...cas] } });
  }

  cookiesOf(url: string): Map<string, string> {
    const { host } = new URL(url);
    const jar = this.#cookies.get(host) ?? new Map<string, string>();
    this.#cookies.set(host, jar);
    return jar;
  }

  /** One request, its answer as it is. */
  async send(url: string, { method = 'GET', headers, body }: Visit = {}): Promise<Page> {
    const jar = this.cookiesOf(url);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await request(url, {
      method,
      headers: { ...headers, ...(cookie === '' ? {} : { cookie }) },
      body: body ?? null,
      dispatcher: this.#dispatcher,
    });
    const set = answer.headers['set-cookie'] ?? [];
    for (const line of typeof set === 'string' ? [set] : set) keep(jar, line);
    return { url, status: answer.statusCode, text: await answer.body.text(), headers: answer.headers };
  }

  /** Goes to a page, over whatever redirects. */
  async go(url: string, visit: Visit = {}): Promise<Page> {
    let next: Visit = visit;
    let at = url;
    for (let hops = 0; hops < MAX_HOPS; hops++) {
      if (visit.until !== undefined && at.startsWith(visit.until))
        return { url: at, status: 0, text: '', headers: {} };
      const page = await this.send(at, next);
      const { location } = page.headers;
      if (typeof location !== 'string' || page.status < 300 || page.status > 399) return page;
      at = new URL(location, at).href;
      next = {};
    }
    throw new Error(`more than ${MAX_HOPS} redirects from ${url}`);
  }

  /** Goes there and signs in as a user where a test issuer asks. */
  async signIn(url: string, user: string, until?: string): Promise<Page> {
    const bound = until === undefined ? {} : { until };
    let page = await this.go(url, bound);
    for (let forms = 0; forms < 8; forms++) {
      const action = /<form[^>]*action="([^"]+)"/.exec(page.text)?.[1];
      if (action === undefined) return page;
      const body = new URLSearchParams();
      for (const [, tag = ''] of page.text.matchAll(/<input([^>]*)>/g)) {
        const name = /name="([^"]*)"/.exec(tag)?.[1];
        if (name !== undefined) body.set(name, /value="([^"]*)"/.exec(tag)?.[1] ?? '');
      }
      if (body.has('login')) body.set('login', user);
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const target = new URL(action.replaceAll('&amp;', '&'), page.url).href;
      page = await this.go(target, { method: 'POST', headers, body: body.toString(), ...bound });
    }
    return page;
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }
}

function keep(jar: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split(';');
  const at = pair.indexOf('=');
  const [name, value] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
  const isGone = attributes.some((attribute) => /^\s*(?:max-age=0|expires=.*1970.*)\s*$/i.test(attribute));
  if (isGone || value === '') jar.delete(name);
  else jar.set(name, value);
}
