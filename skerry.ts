#!/usr/bin/env node
import { runCli } from './installer/cli.ts';

process.exitCode = (await runCli(process.argv.slice(2), process)) || process.exitCode;
