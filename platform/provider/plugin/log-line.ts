/**
 * A line of a plugin's log as cores read it from standard error (hclog's JSON): shown by `TF_LOG_PROVIDER=INFO`. With its
 * end of line.
 */
export function logLine(message: string, now: Date): string {
  return `${JSON.stringify({ '@level': 'info', '@message': message, '@timestamp': timestamp(now) })}\n`;
}

// In microseconds: go-plugin takes a line with another time for a text that is worth a debugger's look alone.
function timestamp(now: Date): string {
  return now.toISOString().replace('Z', '000Z');
}
