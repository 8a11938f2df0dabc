#!/usr/bin/env node
// This file must be read by any Node, however old: it imports nothing before it has looked.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > 22 || (major === 22 && minor >= 12)) {
  const { main } = await import('./main.ts');
  process.exitCode = await main(process.argv);
} else {
  console.error(
    `tunnelwarden needs Node 22.12 or newer, and this is Node ${process.versions.node}; install a current Node and start it again.`,
  );
  process.exitCode = 1;
}

export {};
