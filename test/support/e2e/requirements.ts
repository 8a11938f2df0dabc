import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** What a test needs and where Debian has it. */
const PACKAGES = {
  dig: 'bind9-dnsutils',
  nsupdate: 'bind9-dnsutils',
  kdig: 'knot-dnsutils',
  unbound: 'unbound',
  'unbound-checkconf': 'unbound',
  named: 'bind9',
  'named-checkzone': 'bind9-utils',
  'named-checkconf': 'bind9-utils',
  'dnssec-keygen': 'bind9-utils',
  'dnssec-dsfromkey': 'bind9-utils',
  dnsmasq: 'dnsmasq-base',
  openssl: 'openssl',
  nft: 'nftables',
  ip: 'iproute2',
  ss: 'iproute2',
  getent: 'libc-bin',
  setpriv: 'util-linux',
  setsid: 'util-linux',
  unshare: 'util-linux',
  script: 'bsdutils',
  logger: 'bsdutils',
  bash: 'bash',
  ipset: 'ipset',
  iptables: 'iptables',
  'iptables-nft': 'iptables',
  'iptables-legacy': 'iptables',
  perl: 'perl-base',
  ethtool: 'ethtool',
  tcpdump: 'tcpdump',
  haproxy: 'haproxy',
  nginx: 'libnginx-mod-stream',
  squid: 'squid-openssl',
  'chromium-headless-shell': 'chromium-headless-shell',
  ssh: 'openssh-client',
  python3: 'python3',
  curl: 'curl',
  tmux: 'tmux',
} as const;
export type Tool = keyof typeof PACKAGES | 'root';

/** The environment of what tests run: Debian keeps servers where an ordinary user's PATH does not look. */
export const ENVIRONMENT: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`,
};

/**
 * Why a test has to be skipped here: the first thing it needs that is missing; false where nothing
 * is. In CI nothing may be missing, so there it throws.
 */
export function missing(...tools: readonly Tool[]): string | false {
  const tool = tools.find((tool) => !isHere(tool));
  if (tool === undefined) return false;
  const reason =
    tool === 'root' ? 'needs root' : `needs ${tool} (Debian package ${PACKAGES[tool]})`;
  if (process.env.CI === 'true') throw new Error(`${reason}, and nothing is skipped in CI`);
  return reason;
}

function isHere(tool: Tool): boolean {
  if (tool === 'root') return process.getuid?.() === 0;
  const folders = ENVIRONMENT.PATH?.split(':') ?? [];
  return folders.some((folder) => isExecutable(join(folder, tool)));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
