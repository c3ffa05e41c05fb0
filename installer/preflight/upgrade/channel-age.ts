import { formatFreshness } from '../../commands/channel/channel-report.ts';
import type { Found, UpgradeCheck } from './finding.ts';

const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

/** An expired channel stops nothing that runs; a new upgrade by it needs a word, since it may hide that a release was withdrawn. */
export const channelAge: UpgradeCheck = {
  id: 'channel-age',
  title: 'The channel is fresh, and the clock here plausible',
  ofRelease: false,
  run: ({ channel, acceptExpired }) => {
    if (channel === undefined) return [];
    const found: Found[] = [];
    const message = formatFreshness(channel);
    if (channel.state === 'expired')
      found.push({
        severity: acceptExpired ? 'warns' : 'blocks',
        subject: 'the channel',
        message,
        remedy: acceptExpired
          ? 'Get a newer stick when one can be had.'
          : 'Check the date here; use a newer stick, or allow it with --accept-expired.',
      });
    if (channel.state === 'ending')
      found.push({ severity: 'notes', subject: 'the channel', message, remedy: '' });
    if (channel.clockBehind)
      found.push({
        severity: channel.behind >= YEAR_MS ? 'warns' : 'notes',
        subject: 'the clock of this workstation',
        message,
        remedy: 'Set it; until then the time that was seen before counts.',
      });
    return found;
  },
};
