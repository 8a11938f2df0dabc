#!/usr/bin/env node
// This file must be read by any Node, however old: it imports nothing before it has looked.
// Node-API 10, which the SQLite binding is built for, came with 22.14 and 23.6; on an older Node it
// does not fail with an error but crashes the process.
if (Number(process.versions.napi) >= 10) {
  const { main } = await import('./main.ts');
  process.exitCode = await main(process.argv);
} else {
  console.error(
    `tunnelwarden needs Node 22.14 or newer (23.6, if it is a 23), and this is Node ${process.versions.node}; install a current Node and start it again.`,
  );
  process.exitCode = 1;
}

export {};
