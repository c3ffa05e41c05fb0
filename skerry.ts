#!/usr/bin/env node
import { runCli, VERSION } from './installer/cli.ts';
import { hubCommand } from './platform/hub/command.ts';

// The installer's room knows nothing of the platform: here they meet, in one program that is also the image's.
const hub = hubCommand({ version: VERSION, stdout: process.stdout, env: process.env });
process.exitCode = (await runCli(process.argv.slice(2), process, [hub])) || process.exitCode;
