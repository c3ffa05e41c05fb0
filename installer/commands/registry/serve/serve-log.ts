import type { Log } from '../../../../registry/log.ts';
import { leveledLog } from '../../../../registry/server/log-level.ts';
import { gatherLines, jsonLog, quietLog, textLog } from '../../../../registry/server/request-log.ts';
import type { Console } from '../../../terminal/console.ts';

/** The log of a registry: text on a terminal and JSON elsewhere, unless the options say otherwise. */
export function serveLog(
  { stdout }: Console,
  { quiet, logFormat }: { readonly quiet?: boolean; readonly logFormat?: 'text' | 'json' },
): Log {
  const asText = logFormat === undefined ? stdout.isTTY === true : logFormat === 'text';
  const writeLine = gatherLines(
    (lines) => stdout.write(lines),
    (flush) => process.once('exit', flush),
  );
  const log = leveledLog((asText ? textLog : jsonLog)(writeLine), Date.now);
  return quiet ? quietLog(log) : log;
}
