import { z } from 'zod';
import { FACILITIES, type Facility, parseMailAddress, parseWebhook } from './alerts.ts';
import { parseEndpoint, parseUpstream } from './endpoint.ts';
import { address, name, network, parsed, pattern, port } from './fields.ts';
import { FIREWALL_PARTS, LINK } from './firewall.ts';
import { parseEvery } from './identity.ts';
import { NUMBER_AT_END } from './name.ts';
import { parseAddress, parseNetwork } from './network.ts';
import { parsePattern } from './pattern.ts';
import { ParseError } from './problem.ts';
import { parseDuration, parseSize, parseUntil } from './quantity.ts';
import { ROLES } from './service.ts';

const endpoint = parsed(
  (text) => parseEndpoint(text),
  'an address with a port such as `192.0.2.1:53` or `[2001:db8::1]:53`; port 53 when left out',
  'endpoint',
);
const upstream = parsed(
  parseUpstream,
  'an endpoint, or `tls://192.0.2.53#dns.example.net`: DNS over TLS, and the name it must prove',
  'upstream',
);
const stale = parsed(
  (text) => (text === 'off' ? 0 : parseDuration(text)),
  'a duration such as `12h` or `1d`, or `off`',
  'duration',
);
const duration = parsed(
  parseDuration,
  'a duration such as `90s`, `30m`, `12h`, `7d` or `2w`',
  'duration',
);
const every = parsed(parseEvery, 'a duration from `10s` to `30m`', 'interval');
const webhook = parsed(
  parseWebhook,
  'a whole address such as `https://chat.example.com/hooks/4711`',
  'URL',
);
const mailAddress = parsed(
  parseMailAddress,
  'a mail address such as `security@example.com`',
  'mail address',
);
const syslogAddress = parsed(
  (text) => parseEndpoint(text, 514),
  'an address with a port; port 514 when left out',
  'syslog server',
);
const size = parsed(parseSize, 'a size such as `512KB`, `64MB` or `1GB`', 'size');
const until = parsed(
  parseUntil,
  'a day, to its end here (`2026-12-31`), or an instant (`2026-12-31T18:00:00+01:00`)',
  'time',
);

/** `10.0.0.0/8`, `2001:db8::1` and, so that it is refused, `0x7f.1` are networks; the rest are names. */
const looksLikeNetwork = (text: string) =>
  NUMBER_AT_END.test(text.replace(/\/.*/, '')) || /^[\da-f]*:[\da-f]*:/i.test(text);
const target = parsed(
  (text) =>
    looksLikeNetwork(text) ? { network: parseNetwork(text) } : { pattern: parsePattern(text) },
  'a name or a network: `example.com` (it and all below), `=example.com` (only itself), `198.51.100.0/24`',
  'target',
);
const client = parsed(
  (text) => (looksLikeNetwork(text) ? { network: parseNetwork(text) } : { group: text }),
  'a network, an address, or the name of a group under `clients`',
  'client',
);

const dsRecord = parsed(
  (text) => {
    const match = /^(\d{1,5})\s+(\d{1,3})\s+(\d{1,3})\s+([0-9A-Fa-f]{40,128})$/.exec(text.trim());
    if (!match)
      throw new ParseError(`"${text}" is not the data of a DS record (RFC 4034 section 5.3)`);
    const [, tag, algorithm, digestType, digest = ''] = match;
    return `${Number(tag)} ${Number(algorithm)} ${Number(digestType)} ${digest.toUpperCase()}`;
  },
  'the data of a DS record such as `12345 13 2 0123…EF`',
  'ds',
);

const refuser = parsed(
  (text) => {
    const refuser = parseAddress(text);
    if (refuser !== '0.0.0.0' && refuser !== '::') return refuser;
    throw new ParseError(
      `${text} sends clients to their own ports; give an address of yours that resets or explains`,
    );
  },
  'an address such as `192.0.2.1` or `2001:db8::1`',
  'address',
);

const link = z
  .string()
  .regex(LINK, 'write the name of an interface such as lan0')
  .describe('an interface such as `lan0`');

const answer = z
  .enum(['nxdomain', 'nodata', 'refused', 'sinkhole'])
  .describe('what a refused question gets, where it is not `refusal.answer`');
const action = z.enum(['block', 'watch', 'allow', 'off']);
const reason = z
  .string()
  .min(1)
  .describe('why: shown to the refused person, and to whoever reads the log');

const roles = z
  .strictObject(
    Object.fromEntries(
      ROLES.map((role) => [
        role,
        (role === 'support'
          ? z.enum(['watch', 'allow', 'off'], {
              error:
                'support names (revocation lists) are never blocked: sanctioned agents need them',
            })
          : action
        ).optional(),
      ]),
    ) as Record<
      (typeof ROLES)[number],
      z.ZodOptional<z.ZodEnum<{ [A in z.infer<typeof action>]: A }>>
    >,
  )
  .meta({ description: 'an action for each role of its names', title: 'roles' });

const services = z
  .record(z.string(), z.union([action, roles]))
  .describe(
    'what to do with each service of the catalogue, by its id: an action for what its agents dial, ' +
      'or one for each role of its names; `others` speaks for every service not named here',
  );

const bypass = z
  .record(z.string(), z.enum(['block', 'watch', 'allow', 'off']))
  .describe(
    'what to do with ways round this resolver: `signals` (names by which clients ask whether to ' +
      'use it; blocked unless you say otherwise), `resolvers` (public DoH and DoT), or one by its id',
  );

const entryKeys = {
  clients: z
    .array(client)
    .min(1)
    .optional()
    .describe('for whom; everyone, or the whole group, when left out'),
  until: until.optional().describe('when it ends; it is passed over from then on'),
  answer: answer.optional(),
  reason: reason.optional(),
};
const named = z.strictObject({
  name: pattern.describe('the name, or names, it is about'),
  ...entryKeys,
});
const networked = z.strictObject({
  network: network.describe('the addresses it is about, where an answer holds one'),
  ports: z
    .array(port)
    .default([])
    .describe('only these ports: a rule for the firewall, by which no answer is judged'),
  ...entryKeys,
});
const serviced = z.strictObject({
  service: z.string().describe('the service it is about, by its id in the catalogue'),
  roles: z
    .array(z.enum(ROLES).meta({ title: 'role' }))
    .min(1)
    .default(['session'])
    .describe('which of its names'),
  ...entryKeys,
});
const entry = z.union([target, named, networked, serviced]).meta({ title: 'entry' });
const entries = (what: string) => z.array(entry).default([]).describe(what);

const scope = {
  services: services.default({}),
  bypass: bypass.default({}),
  block: entries('what to refuse'),
  watch: entries('what to answer as usual and record'),
  allow: entries('what to answer, whatever a less specific rule says'),
};

const mode = z
  .enum(['enforce', 'observe'])
  .describe('`enforce` refuses; `observe` answers as usual and records what would be refused');

/** The policy file, as an admin writes it. */
export const policyFile = z.strictObject({
  organisation: z
    .strictObject({
      name: z.string().min(1).describe('its name, as refused people know it'),
      contact: z.string().optional().describe('whom to ask: an address, a phone number, a channel'),
      help: z
        .url('write a whole address such as https://it.example.com/tunnels')
        .optional()
        .describe('a page that explains the sanctioned way'),
    })
    .describe('who refuses, and whom to ask: refused people are told'),
  mode: mode.default('enforce'),
  ingress: z
    .array(
      z.strictObject({
        domain: name.describe(
          'the domain your agents dial; it and all below it is always answered',
        ),
        service: z
          .string()
          .default('ngrok')
          .describe('whose agents dial it; their revocation lists stay open'),
        names: z
          .array(name)
          .default([])
          .describe(
            'the names below it that agents dial, such as those of its regions: for firewalls, which ' +
              'must look up their addresses and cannot match "all below"',
          ),
        nameservers: z
          .array(name)
          .default([])
          .describe(
            "the names that the delegation points to: `ns_targets` of the ingress in the vendor's API " +
              '(`tunnelwarden ingress import` writes them here)',
          ),
        issuer: z
          .enum(['ngrok', 'letsencrypt'])
          .default('ngrok')
          .describe('who issues the certificate that agents meet there'),
        ds: z
          .array(dsRecord)
          .default([])
          .describe('DS records of the delegation, where the vendor signs its zone; else none'),
        ttl: z
          .number()
          .int()
          .min(30)
          .max(604800)
          .default(3600)
          .describe('seconds that the records of the delegation may be kept'),
        forward: z
          .array(upstream)
          .default([])
          .describe(
            'resolvers to ask for it, where the usual ones have an internal view of the parent domain ' +
              'that hides the delegation',
          ),
      }),
    )
    .default([])
    .describe('the sanctioned way: domains of your own that agents may dial'),
  ...scope,
  lists: z
    .array(
      z.strictObject({
        file: z.string().min(1).describe('where it is, seen from the policy file'),
        action: z.enum(['block', 'watch']).default('block').describe('what to do with its names'),
        reason: reason.optional(),
        answer: answer.optional(),
      }),
    )
    .default([])
    .describe('files of names, up to a million each'),
  clients: z
    .record(
      z.string().regex(/^[a-z][a-z0-9-]*$/, 'write lower-case letters, digits and hyphens'),
      z.strictObject({
        networks: z
          .array(network)
          .min(1, 'name at least one network')
          .describe('who belongs to it'),
        mode: mode
          .optional()
          .describe('the mode for it; else that of a wider group, else the policy’s'),
        ...scope,
      }),
    )
    .default({})
    .describe('groups of clients, each with what differs for it'),
  refusal: z
    .strictObject({
      answer: answer
        .optional()
        .describe(
          'what they get; when left out, `sinkhole` where there are addresses, else `nxdomain`',
        ),
      addresses: z
        .array(refuser)
        .default([])
        .describe('where `sinkhole` points: a machine of yours that resets or explains at once'),
      ttl: z.int().min(1).max(3600).default(30).describe('seconds a client may keep a refusal'),
    })
    .prefault({})
    .describe('how refused questions are answered'),
  resolver: z
    .strictObject({
      listen: z
        .array(endpoint)
        .min(1)
        .prefault(['127.0.0.1:53', '[::1]:53'])
        .describe('where questions come in, over UDP and TCP'),
      upstreams: z
        .array(upstream)
        .default([])
        .describe('resolvers to ask; the system’s own (/etc/resolv.conf) when left out'),
      forward: z
        .array(
          z.strictObject({
            domain: name.describe('the domain; it and all below it'),
            upstreams: z.array(upstream).min(1).describe('who answers it'),
          }),
        )
        .default([])
        .describe('domains that other resolvers answer, such as your internal zones'),
      clients: z
        .array(network)
        .min(1)
        .prefault([
          '127.0.0.0/8',
          '10.0.0.0/8',
          '172.16.0.0/12',
          '192.168.0.0/16',
          '100.64.0.0/10',
          '169.254.0.0/16',
          '::1',
          'fc00::/7',
          'fe80::/10',
        ])
        .describe('who is served; loopback and private networks when left out'),
      strangers: z
        .enum(['refuse', 'ignore'])
        .default('refuse')
        .describe('what anyone else gets: REFUSED, or no answer at all'),
      cache: size.prefault('64MB').describe('memory for remembered answers'),
      stale: stale
        .prefault('1d')
        .describe(
          'how long an answer may serve beyond its end while upstreams fail (RFC 8767), or `off`',
        ),
      prefetch: z
        .boolean()
        .default(true)
        .describe('renew popular answers shortly before they expire'),
      'strip-ech': z
        .enum(['governed', 'all'])
        .default('governed')
        .describe(
          'whose keys for Encrypted ClientHello are left out of answers: governed names’, or all',
        ),
      version: z
        .string()
        .max(255)
        .optional()
        .describe('the answer to `version.bind`, which is refused when this is left out'),
    })
    .prefault({})
    .describe('the DNS resolver'),
  firewall: z
    .strictObject({
      lan: z
        .array(link)
        .default([])
        .describe('the interfaces that clients are behind; rule sets for packets need one'),
      resolver: z
        .array(address)
        .default([])
        .describe('where captured questions go: the gateway itself when left out'),
      exempt: z
        .array(network)
        .default([])
        .describe(
          'machines that may ask foreign resolvers and may be asked, such as your own resolvers',
        ),
      gate: z
        .int()
        .min(1)
        .max(65534)
        .optional()
        .describe(
          'the port of this gateway where a gate reads TLS server names at shared addresses, with the next ' +
            'port for fronts of many; without it the kernel looks, where it can',
        ),
      refuser: z
        .int()
        .min(1)
        .max(65535)
        .optional()
        .describe(
          'the port of this gateway that every TCP connection to `refusal.addresses` is led to, where ' +
            '`serve --refuser` tells people why',
        ),
      transparent: z
        .boolean()
        .default(false)
        .describe('hand connections to the gate by TPROXY instead of REDIRECT (Linux)'),
      'log-group': z
        .int()
        .min(0)
        .max(65535)
        .default(5)
        .describe(
          'the NFLOG group, or the number of the pflog interface, that refusals are logged to',
        ),
      parts: z
        .array(z.enum(FIREWALL_PARTS))
        .min(1)
        .prefault([...FIREWALL_PARTS])
        .describe(
          '`capture` of port 53, public `resolvers`, `addresses` of blocked names and networks, `sni` on ' +
            'addresses that allowed names share, TLS to the `fronts` of many as long as a gate is there to ' +
            'pass on what no rule is about, the services’ own `ports`',
        ),
      book: z
        .string()
        .default('tunnelwarden.addresses.json')
        .describe(
          'where `addresses refresh` keeps what names resolve to, seen from the policy file',
        ),
    })
    .prefault({})
    .describe('what generated firewall rule sets hold'),
  attempts: z
    .strictObject({
      database: z
        .string()
        .default('tunnelwarden.db')
        .describe('the SQLite file, seen from the policy file'),
      keep: duration.prefault('90d').describe('how long attempts are kept'),
      size: size.prefault('1GB').describe('how large the file may grow'),
    })
    .prefault({})
    .describe('the record of refused, observed and watched questions'),
  identity: z
    .strictObject({
      neighbours: z
        .boolean()
        .default(true)
        .describe('MAC addresses from the table of neighbours that this machine keeps'),
      hosts: z.boolean().default(true).describe('host names from /etc/hosts'),
      reverse: z
        .boolean()
        .default(true)
        .describe(
          'host names from reverse DNS; private addresses are asked of resolvers of your own only',
        ),
      leases: z
        .array(z.string().min(1))
        .optional()
        .describe(
          'lease files of dnsmasq, ISC dhcpd or Kea, seen from the policy file; those in the usual ' +
            'places when left out, none when empty',
        ),
      inventory: z
        .string()
        .min(1)
        .optional()
        .describe('a file that says whose devices these are, seen from the policy file'),
      every: every
        .prefault('5m')
        .describe('how often clients that lately tried something are looked up again'),
    })
    .prefault({})
    .describe('where to learn who a client is that tried something'),
  alerts: z
    .strictObject({
      severity: z
        .enum(['info', 'low', 'medium', 'high'])
        .default('high')
        .describe('the least severity of which people are told'),
      group: duration
        .prefault('30s')
        .describe('what comes within this time of the first is told in one message'),
      most: z
        .int()
        .min(1)
        .max(3600)
        .default(20)
        .describe('messages an hour at most; the next one says how many alerts were held back'),
      webhook: webhook.optional().describe('where a message is posted to as JSON'),
      sendmail: z
        .strictObject({
          to: z.union([mailAddress, z.array(mailAddress).min(1)]).describe('who gets it'),
          from: mailAddress
            .optional()
            .describe('whom it is from; the mail system says when left out'),
          program: z
            .string()
            .min(1)
            .default('/usr/sbin/sendmail')
            .describe('the program that takes mail, called with `-t -i`'),
        })
        .optional()
        .describe('mail'),
      syslog: z
        .strictObject({
          address: syslogAddress.optional().describe('a server to send to, over UDP'),
          unix: z
            .string()
            .min(1)
            .optional()
            .describe('the socket to send to; `/dev/log` when both are left out'),
          facility: z
            .enum(Object.keys(FACILITIES) as [Facility, ...Facility[]])
            .default('daemon')
            .describe('the facility it is filed under'),
        })
        .refine(({ address, unix }) => address === undefined || unix === undefined, {
          error: 'has both address and unix; keep one',
        })
        .optional()
        .describe('a syslog server, or the syslog of this machine'),
      command: z
        .array(z.string())
        .min(1)
        .optional()
        .describe('a program with its arguments, which gets the message as JSON on its input'),
    })
    .prefault({})
    .describe('who is told of new incidents, and how; nobody unless you name a way'),
});

/** How the values of a policy are written; the reference explains them by their titles. */
export const notations = [
  target,
  pattern,
  network,
  client,
  name,
  port,
  until,
  duration,
  every,
  size,
  refuser,
  endpoint,
  upstream,
  webhook,
  mailAddress,
  syslogAddress,
];

/**
 * The part that is left out for a fault at a path: the one entry of a list or mapping where entries
 * stand for themselves, else the whole group of clients or key.
 */
export function partOf(path: readonly PropertyKey[]): readonly PropertyKey[] {
  const start = path[0] === 'clients' ? 2 : 0;
  const alone = [...Object.keys(scope), 'lists', 'ingress'].includes(String(path[start]));
  return path.slice(0, alone ? start + 2 : start || 1);
}

export type PolicyFile = z.output<typeof policyFile>;
export type EntryFile = z.output<typeof entry>;
export type ScopeFile = Pick<PolicyFile, keyof typeof scope>;
