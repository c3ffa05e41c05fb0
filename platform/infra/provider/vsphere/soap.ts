import { childOf, childrenOf, type Element, escapeXml, parseXml, textOf } from './xml.ts';

/** A managed object of vCenter. */
export interface Reference {
  readonly type: string;
  readonly value: string;
}

/** What vCenter answered in place of a result: the name of the fault's type, and its words. */
export class VsphereFault extends Error {
  readonly fault: string;
  /** What only this fault knows: the right that is missing, the datastore that is full. */
  readonly about: string | undefined;

  constructor(fault: string, message: string, about?: string) {
    super(message);
    this.name = 'VsphereFault';
    this.fault = fault;
    this.about = about;
  }
}

/** An element of a request; `content` is XML that was made by these functions. */
export function xml(name: string, ...content: readonly string[]): string {
  return `<${name}>${content.join('')}</${name}>`;
}

export function typed(name: string, type: string, ...content: readonly string[]): string {
  return `<${name} xsi:type="${type}">${content.join('')}</${name}>`;
}

export function value(name: string, content: string | number | boolean): string {
  return xml(name, escapeXml(String(content)));
}

export function reference(name: string, { type, value: id }: Reference): string {
  return `<${name} type="${escapeXml(type)}">${escapeXml(id)}</${name}>`;
}

/** vSphere Web Services API, document/literal. */
export function envelopeOf(method: string, self: Reference, content: string): string {
  const body = `<${method} xmlns="urn:vim25">${reference('_this', self)}${content}</${method}>`;
  return `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>`;
}

/** The response element of an answer. Throws VsphereFault, and Error for what is no such answer. */
export function answerOf(method: string, text: string): Element {
  const body = childOf(parseXml(text), 'Body');
  const fault = childOf(body, 'Fault');
  if (fault !== undefined) throw soapFault(fault);
  const answer = childOf(body, `${method}Response`);
  if (answer === undefined) throw new Error(`no ${method}Response`);
  return answer;
}

export function referenceOf(element: Element | undefined): Reference | undefined {
  const type = element?.attributes.type;
  return element === undefined || type === undefined
    ? undefined
    : { type: localType(type), value: element.text };
}

function soapFault(fault: Element): VsphereFault {
  const detail = childOf(fault, 'detail')?.children[0];
  const name = localType(detail?.attributes['xsi:type'] ?? detail?.name ?? 'Fault').replace(/Fault$/, '');
  return new VsphereFault(name, textOf(fault, 'faultstring') ?? name, aboutOf(detail));
}

/** The fault of a task that failed (LocalizedMethodFault). */
export function taskFault(error: Element | undefined): VsphereFault {
  const fault = childOf(error, 'fault');
  const message = textOf(error, 'localizedMessage') ?? '';
  // An object's own type is lost where a server writes none; its words still begin with it.
  const name = localType(
    fault?.attributes['xsi:type'] ?? /^\*?(?:types\.)?([A-Z]\w+)/.exec(message)?.[1] ?? 'Fault',
  );
  return new VsphereFault(name.replace(/Fault$/, ''), message || name, aboutOf(fault));
}

/**
 * Why properties of objects are not in an answer (ObjectContent.missingSet): without a session, too, an answer comes that
 * only lacks all of them.
 */
export function missingIn(answer: Element): VsphereFault[] {
  const objects = childrenOf(childOf(answer, 'returnval'), 'objects');
  return objects.flatMap((object) =>
    childrenOf(object, 'missingSet').map((missing) => {
      const { fault, message, about } = taskFault(childOf(missing, 'fault'));
      return new VsphereFault(fault, message, about ?? textOf(missing, 'path'));
    }),
  );
}

function aboutOf(detail: Element | undefined): string | undefined {
  return textOf(detail, 'privilegeId') ?? textOf(detail, 'datastore') ?? textOf(detail, 'name');
}

function localType(type: string): string {
  return type.slice(type.indexOf(':') + 1);
}
