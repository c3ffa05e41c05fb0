import { Counter, type Registry } from 'prom-client';
import type { Audit } from '../audit/audit.ts';

/** Counts the logins that the audit log records. */
export class LoginMetrics {
  readonly #logins: Counter<'result'>;

  constructor(registry: Registry) {
    this.#logins = new Counter({
      name: 'skerry_registry_logins_total',
      help: 'Logins, by result: done or refused.',
      labelNames: ['result'],
      registers: [registry],
    });
    for (const result of ['done', 'refused']) this.#logins.inc({ result }, 0);
  }

  /** The same audit, counted. */
  counting(audit: Audit): Audit {
    return {
      record: (entry) => {
        if (entry.action === 'login') this.#logins.inc({ result: entry.result }, entry.tries ?? 1);
        return audit.record(entry);
      },
    };
  }
}
