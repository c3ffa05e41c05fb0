import { z } from 'zod';
import type { CustomResource } from './custom-resource.ts';
import { GROUP, VERSION } from './group.ts';
import { SecretKey, Time } from './names.ts';

export const Severity = z.enum(['info', 'warning', 'critical']);
export type Severity = z.infer<typeof Severity>;

export const AlertSpec = z
  .strictObject({
    cluster: z.string().max(63).optional(),
    rule: z
      .string()
      .max(63)
      .meta({ description: 'What was found, e.g. AgentSilent, DriftFound, LayerFailed.' }),
    subject: z.string().max(400).meta({ description: 'What it was found in.' }),
    severity: Severity,
  })
  .meta({ description: 'Something that somebody should look at.' });
export type AlertSpec = z.infer<typeof AlertSpec>;

export const AlertStatus = z.object({
  message: z.string().max(1000),
  firstSeen: Time,
  lastSeen: Time,
  count: z.int(),
  resolvedAt: Time.optional(),
  sent: z
    .array(z.object({ receiver: z.string().max(253), at: Time, state: z.enum(['firing', 'resolved']) }))
    .max(32)
    .optional(),
});
export type AlertStatus = z.infer<typeof AlertStatus>;

export const Alert: CustomResource = {
  group: GROUP,
  version: VERSION,
  kind: 'Alert',
  plural: 'alerts',
  singular: 'alert',
  shortNames: [],
  scope: 'Namespaced',
  description: 'A finding, one object however often it is found. Made by the hub.',
  // Findings, not settings.
  rollback: 'never',
  spec: AlertSpec,
  status: AlertStatus,
  columns: [
    { name: 'Severity', type: 'string', jsonPath: '.spec.severity' },
    { name: 'Cluster', type: 'string', jsonPath: '.spec.cluster' },
    { name: 'Rule', type: 'string', jsonPath: '.spec.rule' },
    { name: 'Count', type: 'integer', jsonPath: '.status.count' },
    { name: 'Resolved', type: 'date', jsonPath: '.status.resolvedAt' },
  ],
};

export const AlertReceiverSpec = z
  .strictObject({
    severity: Severity.optional().meta({ description: 'The least that is sent; warning when absent.' }),
    webhook: z
      .strictObject({
        url: z.string().max(500),
        ca: z.string().max(16_384).optional(),
        secret: SecretKey.optional().meta({ description: 'Sent as a bearer token.' }),
      })
      .optional(),
    email: z
      .strictObject({
        server: z.string().max(300).meta({ description: 'host:port of an SMTP server.' }),
        tls: z.enum(['starttls', 'implicit', 'none']).optional(),
        ca: z.string().max(16_384).optional(),
        from: z.string().max(254),
        to: z.array(z.string().max(254)).min(1).max(16),
        username: z.string().max(254).optional(),
        password: SecretKey.optional(),
      })
      .optional(),
    events: z.boolean().optional().meta({ description: 'Kubernetes Events on the Cluster.' }),
  })
  .meta({ description: 'Where alerts of the project go.' });
export type AlertReceiverSpec = z.infer<typeof AlertReceiverSpec>;

export const AlertReceiver: CustomResource = {
  group: GROUP,
  version: VERSION,
  kind: 'AlertReceiver',
  plural: 'alertreceivers',
  singular: 'alertreceiver',
  shortNames: [],
  scope: 'Namespaced',
  description: 'A webhook, an e-mail address or Kubernetes Events that alerts are sent to.',
  spec: AlertReceiverSpec,
  columns: [{ name: 'Severity', type: 'string', jsonPath: '.spec.severity' }],
};
