import { z } from 'zod';
import { parseEndpoint, parseUpstream } from './endpoint.ts';
import { name, network, parsed, pattern, port } from './fields.ts';
import { NUMBER_AT_END } from './name.ts';
import { parseAddress, parseNetwork } from './network.ts';
import { parsePattern } from './pattern.ts';
import { ParseError } from './problem.ts';
import { parseDuration, parseSize, parseUntil } from './quantity.ts';
import { ROLES } from './service.ts';

const endpoint = parsed((text) => parseEndpoint(text), 'ADDRESS:PORT, IPv6 in brackets: [::1]:53');
const upstream = parsed(parseUpstream, '192.0.2.53, 192.0.2.53:5353 or tls://192.0.2.53#dns.example.net');
const stale = parsed(
  (text) => (text === 'off' ? 0 : parseDuration(text)),
  'a duration such as 12h or 1d, or off',
);
const duration = parsed(parseDuration, 'a duration such as 90s, 30m, 12h or 7d');
const size = parsed(parseSize, 'a size such as 64MB or 1GB');
const until = parsed(
  parseUntil,
  'the last day (2026-12-31, to its end here) or an instant (2026-12-31T18:00:00+01:00)',
);

/** `10.0.0.0/8`, `2001:db8::1` and, so that it is refused, `0x7f.1` are networks; the rest are names. */
const looksLikeNetwork = (text: string) =>
  NUMBER_AT_END.test(text.replace(/\/.*/, '')) || /^[\da-f]*:[\da-f]*:/i.test(text);
const target = parsed(
  (text) =>
    looksLikeNetwork(text) ? { network: parseNetwork(text) } : { pattern: parsePattern(text) },
  'a name or a network: example.com (it and all below), =example.com (only itself), 198.51.100.0/24',
);
const client = parsed(
  (text) => (looksLikeNetwork(text) ? { network: parseNetwork(text) } : { group: text }),
  'a network, an address, or the name of a group under `clients`',
);

const refuser = parsed((text) => {
  const refuser = parseAddress(text);
  if (refuser !== '0.0.0.0' && refuser !== '::') return refuser;
  throw new ParseError(
    `${text} sends clients to their own ports; give an address of yours that resets or explains`,
  );
}, 'an IP address');

const answer = z
  .enum(['nxdomain', 'nodata', 'refused', 'sinkhole'])
  .describe(
    'what a refused question gets; `refused` makes clients ask their next resolver, so use it only ' +
      'where there is none',
  );
const action = z.enum(['block', 'watch', 'allow', 'off']);
const reason = z.string().min(1).describe('shown to the refused person and to whoever reads the log');

const roles = z
  .strictObject(
    Object.fromEntries(
      ROLES.map((role) => [
        role,
        (role === 'support'
          ? z.enum(['watch', 'allow', 'off'], {
              error: 'support names (revocation lists) are never blocked: sanctioned agents need them',
            })
          : action
        ).optional(),
      ]),
    ) as Record<(typeof ROLES)[number], z.ZodOptional<z.ZodEnum<{ [A in z.infer<typeof action>]: A }>>>,
  )
  .describe('an action for each role of its names');

const services = z
  .record(z.string(), z.union([action, roles]))
  .describe(
    'what to do with each service of the catalogue: `ngrok: block` blocks what its agents dial; ' +
      'write roles to say more. `others` speaks for every service that is not named',
  );

const bypass = z
  .record(z.string(), z.enum(['block', 'watch', 'allow', 'off']))
  .describe(
    'ways round this resolver: `signals` (names by which clients ask whether to use it; blocked ' +
      'unless you say otherwise), `resolvers` (public DoH and DoT), or the id of one of them',
  );

const entryKeys = {
  clients: z.array(client).min(1).optional().describe('for whom; everyone when left out'),
  until: until.optional(),
  reason: reason.optional(),
};
const named = z.strictObject({
  name: pattern,
  answer: answer.optional().describe('overrides refusal.answer; only where names are blocked'),
  ...entryKeys,
});
const networked = z.strictObject({
  network,
  ports: z
    .array(port)
    .default([])
    .describe('only these ports, which the firewall enforces; DNS answers are judged when left out'),
  answer: answer.optional(),
  ...entryKeys,
});
const serviced = z.strictObject({
  service: z.string().describe('the id of a service of the catalogue'),
  roles: z.array(z.enum(ROLES)).min(1).default(['session']),
  answer: answer.optional(),
  ...entryKeys,
});
const entry = z.union([target, named, networked, serviced]);
const entries = (what: string) => z.array(entry).default([]).describe(what);

const scope = {
  services: services.default({}),
  bypass: bypass.default({}),
  block: entries('names and networks of your own to refuse'),
  watch: entries('names and networks to answer as usual and record'),
  allow: entries('names and networks that are fine whatever a less specific rule says'),
};

const mode = z
  .enum(['enforce', 'observe'])
  .describe('`observe` refuses nothing and records what would have been refused');

/** The policy file, as an admin writes it. */
export const policyFile = z.strictObject({
  organisation: z
    .strictObject({
      name: z.string().min(1).describe('shown to refused people'),
      contact: z.string().optional().describe('whom to ask: an address, a phone number, a channel'),
      help: z.url('write a whole address such as https://it.example.com/tunnels').optional().describe('a page that explains the sanctioned way'),
    })
    .describe('who refuses, and whom to ask'),
  mode: mode.default('enforce'),
  ingress: z
    .array(
      z.strictObject({
        domain: name.describe('your own ingress domain; it and all below it is always answered'),
        service: z.string().default('ngrok').describe('the service that serves it'),
      }),
    )
    .default([])
    .describe('the sanctioned way: your own custom ingress'),
  ...scope,
  lists: z
    .array(
      z.strictObject({
        file: z.string().describe('relative to the policy file'),
        action: z.enum(['block', 'watch']).default('block'),
        reason: reason.optional(),
        answer: answer.optional(),
      }),
    )
    .default([])
    .describe('files of names, one a line: plain domains, hosts form or adblock ||name^'),
  clients: z
    .record(
      z.string().regex(/^[a-z][a-z0-9-]*$/, 'write lower-case letters, digits and hyphens'),
      z.strictObject({
        networks: z.array(network).min(1, 'name at least one network').describe('who belongs to it'),
        mode: mode.optional(),
        ...scope,
      }),
    )
    .default({})
    .describe('groups of clients by network, each with what differs for it'),
  refusal: z
    .strictObject({
      answer: answer.optional().describe('`sinkhole` when addresses are given, else `nxdomain`'),
      addresses: z
        .array(refuser)
        .default([])
        .describe('where refused names point: a refuser of yours that resets or explains at once'),
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
        .array(z.strictObject({ domain: name, upstreams: z.array(upstream).min(1) }))
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
        .describe('who is served'),
      strangers: z
        .enum(['refuse', 'ignore'])
        .default('refuse')
        .describe('what anyone else gets: REFUSED, or no answer at all'),
      cache: size.prefault('64MB').describe('memory for answers'),
      stale: stale
        .prefault('1d')
        .describe('how long an expired answer may serve while upstreams fail (RFC 8767), or off'),
      prefetch: z.boolean().default(true).describe('renew popular answers shortly before they expire'),
      'strip-ech': z
        .enum(['governed', 'all'])
        .default('governed')
        .describe('for which names the key of Encrypted ClientHello is left out of answers'),
      version: z.string().max(255).optional().describe('the answer to version.bind; refused when left out'),
    })
    .prefault({})
    .describe('the DNS resolver'),
  attempts: z
    .strictObject({
      database: z
        .string()
        .default('tunnelwarden.db')
        .describe('the SQLite file, relative to the policy file'),
      keep: duration.prefault('90d').describe('how long attempts are kept'),
      size: size.prefault('1GB').describe('how large the file may grow'),
    })
    .prefault({})
    .describe('the record of refused, observed and watched questions'),
});

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
