/** A page of the audit; page 0 where there is none. */
export interface AuditPage {
  readonly page: number;
  readonly lines: string;
  readonly next?: number | undefined;
}

/** Gives the first page with a number or a higher one. */
export type ReadAuditPage = (number: number) => Promise<AuditPage>;

const MOST = 999_999;

/** The last page. The hub gives pages from the oldest on, so it is looked for in steps that grow until there is none. */
export async function lastPage(read: ReadAuditPage): Promise<AuditPage> {
  let found = await read(1);
  let step = 1;
  let limit = MOST;
  while (found.next !== undefined) {
    const wanted = Math.min(found.next + step - 1, limit);
    const page = await read(wanted);
    if (page.page === 0) {
      limit = wanted - 1;
      step = 1;
    } else {
      found = page;
      step *= 2;
    }
  }
  return found;
}
