import { messageOf } from '../../../../content/error.ts';
import type { CloudConnection } from '../../connection/cloud-connection.ts';
import { infraError } from '../../errors.ts';
import { failureOf } from './failure.ts';
import { answerOf, envelopeOf, missingIn, type Reference, referenceOf, VsphereFault, value } from './soap.ts';
import { childOf, type Element, textOf } from './xml.ts';

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** What every vCenter says of itself: where its services are. */
export interface ServiceContent {
  readonly rootFolder: Reference;
  readonly propertyCollector: Reference;
  readonly viewManager: Reference;
  readonly searchIndex: Reference;
  readonly sessionManager: Reference;
  readonly authorizationManager: Reference | undefined;
  readonly version: string;
}

const SERVICE: Reference = { type: 'ServiceInstance', value: 'ServiceInstance' };
/** The oldest that has all that is asked for. */
const API_VERSION = 'urn:vim25/6.7';
/** These change nothing, or nothing twice. */
const REPEATABLE = /^(Retrieve|Continue|Find|Query|HasPrivilege|CurrentTime|CreateContainerView|DestroyView)/;

/** The one session of an account: begun when it is first needed, begun again once when vCenter has ended it. */
export class VsphereSession {
  readonly #connection: CloudConnection;
  readonly #login: Login;
  /** The time of day, which vCenter's is compared with. */
  readonly now: () => Date;
  #cookie = '';
  #content: ServiceContent | undefined;
  #entering: Promise<void> | undefined;
  #isIn = false;
  /** Counted for metrics and tests. */
  calls = 0;

  /** `now`: the time of day, which vCenter's is compared with. */
  constructor(connection: CloudConnection, login: Login, now: () => Date) {
    this.#connection = connection;
    this.#login = login;
    this.now = now;
  }

  get host(): string {
    return this.#connection.host;
  }

  get isOpen(): boolean {
    return this.#isIn;
  }

  async content(signal: AbortSignal): Promise<ServiceContent> {
    await this.#enter(signal);
    if (this.#content === undefined) throw this.#unreadable('ServiceContent');
    return this.#content;
  }

  /**
   * One call, with a session. Throws VsphereFault, CREDENTIALS_REFUSED, CLOUD_UNREACHABLE, CLOUD_CERTIFICATE_CHANGED,
   * CLOUD_ANSWER_INVALID.
   */
  async call(method: string, self: Reference, content: string, signal: AbortSignal): Promise<Element> {
    await this.#enter(signal);
    const cookie = this.#cookie;
    try {
      const answer = await this.#send(method, self, content, signal);
      const [signedOut] = missingIn(answer).filter(({ fault }) => fault === 'NotAuthenticated');
      if (signedOut !== undefined) throw signedOut;
      return answer;
    } catch (error) {
      if (!(error instanceof VsphereFault) || error.fault !== 'NotAuthenticated') throw error;
      // Another call may have begun the new session already.
      if (this.#cookie === cookie) this.#isIn = false;
      await this.#enter(signal);
      return await this.#send(method, self, content, signal);
    }
  }

  /** Ends the session, where there is one and vCenter can be reached. */
  async close(): Promise<void> {
    const { sessionManager } = this.#content ?? {};
    if (this.#isIn && sessionManager !== undefined)
      await this.#send('Logout', sessionManager, '', AbortSignal.timeout(5000)).catch(() => undefined);
    this.#isIn = false;
    await this.#connection.close();
  }

  async #enter(signal: AbortSignal): Promise<void> {
    while (!this.#isIn) {
      this.#entering ??= this.#begin(signal).finally(() => {
        this.#entering = undefined;
      });
      await this.#entering;
    }
  }

  async #begin(signal: AbortSignal): Promise<void> {
    try {
      this.#content ??= this.#read(await this.#send('RetrieveServiceContent', SERVICE, '', signal));
      this.#cookie = '';
      const { username, password } = this.#login;
      const given = value('userName', username) + value('password', password);
      await this.#send('Login', this.#content.sessionManager, given, signal);
      this.#isIn = true;
    } catch (error) {
      if (error instanceof VsphereFault) throw failureOf(error, this.host);
      throw error;
    }
  }

  async #send(method: string, self: Reference, content: string, signal: AbortSignal): Promise<Element> {
    this.calls++;
    const answer = await this.#connection.send(
      {
        method: 'POST',
        path: '/sdk',
        headers: { accept: 'text/xml', soapaction: API_VERSION, cookie: this.#cookie || undefined },
        body: envelopeOf(method, self, content),
        contentType: 'text/xml; charset=utf-8',
        repeatable: REPEATABLE.test(method),
      },
      signal,
    );
    const cookie = answer.header('set-cookie')?.split(';')[0];
    if (cookie !== undefined) this.#cookie = cookie;
    try {
      return answerOf(method, answer.text);
    } catch (error) {
      if (error instanceof VsphereFault) throw error;
      throw this.#unreadable(`${method}: status ${answer.status}, ${messageOf(error)}`);
    }
  }

  #read(answer: Element): ServiceContent {
    const content = childOf(answer, 'returnval');
    const at = (name: string): Reference => {
      const found = referenceOf(childOf(content, name));
      if (found === undefined) throw this.#unreadable(`ServiceContent without ${name}`);
      return found;
    };
    return {
      rootFolder: at('rootFolder'),
      propertyCollector: at('propertyCollector'),
      viewManager: at('viewManager'),
      searchIndex: at('searchIndex'),
      sessionManager: at('sessionManager'),
      authorizationManager: referenceOf(childOf(content, 'authorizationManager')),
      version: textOf(content, 'about', 'apiVersion') ?? '',
    };
  }

  #unreadable(detail: string) {
    return infraError('CLOUD_ANSWER_INVALID', { subject: this.host, detail });
  }
}
