/**
 * The commands for a live gateway, given a file of rules in place of a policy: a policy never
 * yields rules that lock everybody out, and these have to be rolled back as well.
 */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import {
  applyCommand,
  confirmCommand,
  removeCommand,
  rollbackCommand,
} from '../../../../src/commands/apply.ts';
import type { ArtifactsFor } from '../../../../src/commands/apply-site.ts';
import { CommandFailure } from '../../../../src/commands/failure.ts';
import { statusCommand } from '../../../../src/commands/status.ts';
import { hashOf } from '../../../../src/firewall/apply/loader.ts';

/** A file of one artifact, or of several as JSON. */
const artifactsFor: ArtifactsFor = (file) => {
  const text = readFileSync(file, 'utf8');
  const artifacts = file.endsWith('.json')
    ? JSON.parse(text)
    : [{ path: 'tunnelwarden.nft', text }];
  return { artifacts, plan: { digest: hashOf(text) } };
};

const program = new Command('live-gateway');
for (const command of [
  applyCommand(artifactsFor),
  confirmCommand(),
  rollbackCommand(),
  removeCommand(),
  statusCommand(artifactsFor),
])
  program.addCommand(command);
try {
  await program.parseAsync(process.argv);
} catch (error) {
  console.error(error instanceof CommandFailure ? error.message : error);
  process.exitCode = 1;
}
