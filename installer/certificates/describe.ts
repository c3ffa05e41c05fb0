import type { CertificateState, DatedCertificate } from './certificate.ts';
import type { Inventory } from './inventory.ts';

const WORDS: Readonly<Record<CertificateState, string>> = {
  good: 'good',
  due: 'being renewed',
  late: 'NOT RENEWED',
  ended: 'ENDED',
  'not-begun': 'NOT BEGUN',
  endless: 'no end',
};

/** The inventory for people: one line each with its end, then where it is and who renews it. */
export function describeInventory({ certificates, unread }: Inventory): string[] {
  const width = Math.max(...certificates.map(({ name }) => name.length), 0);
  return [
    'CERTIFICATES AND SECRETS',
    ...certificates.flatMap((certificate) => [
      `  ${certificate.name.padEnd(width)}  ${datesOf(certificate)}`,
      `      ${certificate.where}; renewed by ${renewalOf(certificate)}`,
    ]),
    ...(certificates.length === 0 ? ['  none'] : []),
    ...unread.map((what) => `  NOT LOOKED AT: ${what}`),
  ];
}

function datesOf({ state, from, until, daysLeft = 0 }: DatedCertificate): string {
  if (until === undefined) return `${WORDS[state]}${from === undefined ? '' : `, made ${day(from)}`}`;
  const span = `${from === undefined ? '' : `from ${day(from)} `}until ${day(until)}`;
  const left = state === 'ended' ? 'over' : `${daysLeft} days left`;
  return `${span}, ${left}, ${WORDS[state]}`;
}

function renewalOf({ renewedBy, renewedFrom }: DatedCertificate): string {
  return renewedFrom === undefined ? renewedBy : `${renewedBy}, from ${day(renewedFrom)} on`;
}

function day(time: string): string {
  return time.slice(0, 10);
}
