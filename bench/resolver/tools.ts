import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Programs this bench starts, and the Debian package that holds each. */
const PACKAGES = {
  dnsperf: 'dnsperf',
  unbound: 'unbound',
  dnsmasq: 'dnsmasq-base',
  taskset: 'util-linux',
} as const;

/** Servers live in sbin, which an ordinary user's PATH often lacks. */
const SBIN = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Why the bench cannot run here, or undefined where it can; `cli` is the built program. */
export function whatIsMissing(cli: string): string | undefined {
  if (process.platform !== 'linux') return 'this bench reads /proc: run it on Linux';
  process.env.PATH = [process.env.PATH ?? '', ...SBIN].join(delimiter);
  const missing = Object.entries(PACKAGES).filter(([tool]) => !isInstalled(tool));
  if (missing.length > 0) {
    const tools = missing.map(([tool]) => tool).join(', ');
    const packages = missing.map(([, name]) => name).join(' ');
    return `not installed: ${tools}; on Debian and Ubuntu: sudo apt-get install ${packages}`;
  }
  if (!existsSync(cli)) return `${cli} is not there: build it with \`npm run build\``;
  return undefined;
}

function isInstalled(tool: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
