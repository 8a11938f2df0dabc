import type { Check, Finding } from './finding.ts';

const CAP_NET_ADMIN = 12n;

export const capability: Check = ({ readFile }) => {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFile('/proc/self/status') ?? '')?.[1];
  if (effective === undefined || (BigInt(`0x${effective}`) >> CAP_NET_ADMIN) & 1n) return [];
  return [
    {
      id: 'no-capability',
      severity: 'breaks',
      text: 'CAP_NET_ADMIN is missing here: rules can neither be changed nor looked at, so some of what follows is not seen',
      remedy: 'run this as root, or give the unit AmbientCapabilities=CAP_NET_ADMIN',
    },
  ];
};

export const programs: Check = ({ run }, { programs, format }) =>
  programs
    .filter((program) => run({ argv: [program, '--version'] }).status === undefined)
    .map((program): Finding => {
      return {
        id: 'no-program',
        severity: 'breaks',
        text: `${program} is missing, which loads ${format} rules`,
        remedy: `install ${PACKAGES[program] ?? program}, or use another format`,
      };
    });

const PACKAGES: Readonly<Record<string, string>> = {
  nft: 'nftables',
  ip6tables: 'iptables',
  pfctl: 'pf (part of the system on OpenBSD and FreeBSD)',
};

export const links: Check = ({ readFile }, { lan }) => {
  if (lan.length === 0)
    return [
      {
        id: 'no-lan',
        severity: 'breaks',
        text: 'the policy names no interface that clients are behind',
        remedy: 'set firewall.lan in the policy',
      },
    ];
  // One line a link, even where it is down; the list in /sys is not per namespace everywhere.
  const known = (readFile('/proc/self/net/dev') ?? '').match(/^\s*[^\s:|]+(?=:)/gm);
  if (!known) return [];
  const names = known.map((name) => name.trim());
  return lan
    .filter((link) => !/[*+]$/.test(link) && !names.includes(link))
    .map((link): Finding => {
      return {
        id: 'no-link',
        severity: 'breaks',
        text: `there is no interface ${link}: rules about what comes in by it apply to nothing`,
        remedy: `set firewall.lan to one of ${names.filter((name) => name !== 'lo').join(', ') || 'this machine’s interfaces'}`,
      };
    });
};

export const forwarding: Check = ({ readFile }) => {
  const isOff = (path: string) => readFile(`/proc/sys/net/${path}`)?.trim() === '0';
  return [
    ...(isOff('ipv4/ip_forward')
      ? [
          {
            id: 'no-forwarding',
            severity: 'breaks',
            text: 'this machine does not forward IPv4: clients are cut off, or go another way',
            remedy: 'sysctl net.ipv4.ip_forward=1, and a file in /etc/sysctl.d',
          } as const,
        ]
      : []),
    ...(isOff('ipv6/conf/all/forwarding')
      ? [
          {
            id: 'no-forwarding-v6',
            severity: 'weakens',
            text: 'this machine does not forward IPv6: where clients have it, they have it from another router, past these rules',
            remedy:
              'sysctl net.ipv6.conf.all.forwarding=1, or see that nobody else announces IPv6 on the LAN',
          } as const,
        ]
      : []),
  ];
};

/** Rules go by connections; where no more are tracked, new ones are dropped. */
export const conntrack: Check = ({ readFile }) => {
  const value = (name: string) => {
    const text = readFile(`/proc/sys/net/netfilter/${name}`);
    return text === undefined ? undefined : Number(text);
  };
  const [count, most] = [value('nf_conntrack_count'), value('nf_conntrack_max')];
  if (count === undefined || most === undefined)
    return [
      {
        id: 'no-conntrack',
        severity: 'note',
        text: 'connections are not tracked yet, which redirecting needs',
        remedy:
          'usually nothing: loading the rules loads nf_conntrack; where modules cannot be loaded (a container), load it on the host',
      },
    ];
  // 0 is no limit.
  if (most === 0 || count < most * 0.9) return [];
  return [
    {
      id: 'conntrack-full',
      severity: 'weakens',
      text: `${count} of ${most} connections are tracked; at the limit, new ones are dropped`,
      remedy: 'raise net.netfilter.nf_conntrack_max',
    },
  ];
};

/** Only the gateway's own questions: they do not come in by the LAN, so they are not captured. */
export const ownResolver: Check = ({ readFile, addresses }, { resolver }) => {
  if (!resolver) return [];
  const named = (readFile('/etc/resolv.conf') ?? '').matchAll(/^\s*nameserver\s+([^\s%]+)/gm);
  const own = new Set(['127.0.0.1', '::1', ...addresses()]);
  return [...named]
    .map(([, address]) => address as string)
    .filter((address) => !own.has(address))
    .map((address): Finding => {
      return {
        id: 'other-resolver',
        severity: 'note',
        text: `/etc/resolv.conf names ${address}: programs on this machine itself ask past the policy`,
        remedy: 'have it name 127.0.0.1 only',
      };
    });
};
