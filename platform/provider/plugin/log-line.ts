/**
 * A line of a plugin's log as cores read it from standard error (hclog's JSON): shown by `TF_LOG_PROVIDER=INFO`. With its
 * end of line.
 */
export function logLine(message: string, now: Date): string {
  return `${JSON.stringify({ '@level': 'info', '@message': message, '@timestamp': now.toISOString() })}\n`;
}
