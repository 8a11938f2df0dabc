import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ran, Run, StateFile, Step } from './loader.ts';

/** A list of a hundred thousand elements is some megabytes; this is a bound, not a size. */
const MOST_OUTPUT = 1 << 29;
/** Longer than any load takes; a program that hangs must not keep the rollback from its work. */
const PATIENCE = 120_000;

/** Runs programs of this machine, in the C locale because their complaints are read. */
export const runProgram: Run = (step) => {
  const { files = [] } = step;
  return files.length === 0 ? spawn(step, []) : withFiles(files, (paths) => spawn(step, paths));
};

function spawn({ argv: [program, ...words], input }: Step, paths: readonly string[]): Ran {
  const { status, signal, stdout, stderr, error } = spawnSync(program, [...words, ...paths], {
    input: input ?? '',
    encoding: 'utf8',
    maxBuffer: MOST_OUTPUT,
    timeout: PATIENCE,
    // Where administrators' programs are, an ordinary PATH need not look.
    env: { ...process.env, LC_ALL: 'C', PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` },
  });
  if (error) return { stdout: '', stderr: error.message };
  return { status: status ?? 128, stdout, stderr: signal ? `ended by ${signal}` : stderr };
}

function withFiles(files: readonly StateFile[], call: (paths: readonly string[]) => Ran): Ran {
  const folder = mkdtempSync(join(tmpdir(), 'tunnelwarden-'));
  try {
    const paths = files.map(({ name, text }) => {
      const path = join(folder, name);
      writeFileSync(path, text, { mode: 0o600 });
      return path;
    });
    return call(paths);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
