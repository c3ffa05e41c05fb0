/** How a state is to be taken; each has a shape and a word besides its colour. */
export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'quiet' | 'unknown';

const TONES: Readonly<Record<string, Tone>> = {
  // Clusters.
  Pending: 'quiet',
  Provisioning: 'busy',
  Enrolling: 'busy',
  Applying: 'busy',
  Ready: 'good',
  Degraded: 'warn',
  Failed: 'bad',
  Unknown: 'unknown',
  Paused: 'quiet',
  Deleting: 'busy',
  // Layers and machines.
  waiting: 'quiet',
  applying: 'busy',
  ready: 'good',
  degraded: 'warn',
  failed: 'bad',
  removing: 'busy',
  removed: 'quiet',
  creating: 'busy',
  starting: 'busy',
  joining: 'busy',
  unhealthy: 'warn',
  vanished: 'bad',
  deleting: 'busy',
  // Drift.
  found: 'warn',
  corrected: 'good',
  contested: 'bad',
  // Rollouts and infrastructure.
  Running: 'busy',
  Stopped: 'bad',
  Complete: 'good',
  Waiting: 'quiet',
  Provisioned: 'good',
  Scaling: 'busy',
  Upgrading: 'busy',
  // Conditions, alerts and the rest.
  True: 'good',
  False: 'bad',
  critical: 'bad',
  warning: 'warn',
  info: 'quiet',
  resolved: 'good',
  firing: 'bad',
  Verified: 'good',
  'Not verified': 'warn',
  Connected: 'good',
  Silent: 'unknown',
};

export function toneOf(state: string): Tone {
  return TONES[state] ?? 'unknown';
}
