import { z } from 'zod';
import { bypassFile, frontFile, serviceFile } from './catalogue-schema.ts';
import { notations, policyFile } from './schema.ts';

/** The part of JSON Schema that our schemas come out as. */
type Schema = {
  readonly title?: string;
  readonly description?: string;
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | false;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
};

const schemaOf = (file: z.ZodType) => z.toJSONSchema(file, { io: 'input' });

/** Everything that is derived from the schemas, by its path in the repository. */
export function referenceFiles(): Readonly<Record<string, string>> {
  return {
    'rules/schema/policy.schema.json': jsonSchema('tunnelwarden: a policy', policyFile),
    'rules/schema/service.schema.json': jsonSchema('tunnelwarden: a tunnel service', serviceFile),
    'rules/schema/bypass.schema.json': jsonSchema('tunnelwarden: a way round', bypassFile),
    'rules/schema/front.schema.json': jsonSchema('tunnelwarden: a front of many', frontFile),
    'docs/policy.md': policyReference(),
  };
}

function jsonSchema(title: string, file: z.ZodType): string {
  return `${JSON.stringify({ title, ...schemaOf(file) }, null, 2)}\n`;
}

/** A policy that uses most of what there is; it stands in the reference and is compiled in a test. */
export const EXAMPLE = `organisation:
  name: Example Corp
  contact: it-help@example.com
  help: https://it.example.com/tunnels
ingress:
  - domain: tunnels.example.com       # what your agents dial: always answered
services:
  ngrok: block                        # what its agents dial
  tailscale: { session: block, endpoint: watch }
  others: block                       # every other service of the catalogue
bypass:
  resolvers: block                    # public DNS over HTTPS and TLS
block:
  - tunnel.example.net                # it and all below it
  - '*.relay.example.net'             # a * at the beginning wants quotes
  - name: files.example.org
    clients: [guests]
    answer: nodata
    reason: Please use files.example.com
  - 198.51.100.0/24                   # where an answer would hold such an address
watch:
  - remote.example.org
allow:
  - '=status.tunnel.example.net'      # only this one name
  - service: ngrok                    # a vendor's machine may use the default door
    clients: [192.0.2.17]
    until: 2027-03-31
    reason: Heating control, ticket 4711
lists:
  - file: lists/tunnels.txt
    action: watch
clients:
  guests:
    networks: [192.0.2.128/25, '2001:db8:9::/64']
    services: { others: { session: block, endpoint: block } }
  lab:
    networks: [192.0.2.64/26]
    mode: observe
refusal:
  addresses: [192.0.2.1]              # a machine that resets or explains
resolver:
  listen: ['192.0.2.1:53']
  upstreams: [198.51.100.53, 'tls://203.0.113.53#dns.example.net']
  forward:
    - domain: corp.example.com
      upstreams: [192.0.2.10]
attempts:
  database: /var/lib/tunnelwarden/attempts.db
`;

/** The text of docs/policy.md. */
export function policyReference(): string {
  const policy = schemaOf(policyFile) as Schema;
  const parts = policy.properties as Readonly<Record<string, Schema>>;
  const part = (key: string) => parts[key] as Schema;
  const entry = part('block').items as Schema;
  const group = part('clients').additionalProperties as Schema;
  const about = (key: string) => `${sentence(part(key).description)}\n`;
  return [
    INTRODUCTION,
    `## An example\n\nEvery key is optional but \`organisation\`.\n\n${fenced(EXAMPLE)}`,
    MEANING,
    ACTIONS,
    `## The keys\n\n${table(policy, (key) => `[\`${key}\`](#${key})`)}`,
    `### organisation\n\n${about('organisation')}\n${table(part('organisation'))}`,
    `### mode\n\n${about('mode')}\n${MODES}`,
    `### ingress\n\n${about('ingress')}\n${table(part('ingress').items as Schema)}\n${INGRESS}`,
    `### services\n\n${about('services')}\n${SERVICES}`,
    `### bypass\n\n${about('bypass')}\n${BYPASS}`,
    `### block\n\n### watch\n\n### allow\n\n${ENTRIES}\n${table(merged(entry))}\n${ENTRY_NOTES}`,
    `### lists\n\n${about('lists')}\n${table(part('lists').items as Schema)}\n${LISTS}`,
    `### clients\n\n${about('clients')}\n${table(group)}\n${CLIENTS}`,
    `### refusal\n\n${about('refusal')}\n${table(part('refusal'))}\n${ANSWERS}`,
    `### resolver\n\n${about('resolver')}\n${table(part('resolver'))}\n` +
      `Each entry of \`forward\`:\n\n${table(part('resolver').properties?.forward?.items as Schema)}\n${RESOLVER}`,
    `### firewall\n\n${about('firewall')}\n${table(part('firewall'))}`,
    `### attempts\n\n${about('attempts')}\n${table(part('attempts'))}`,
    `### identity\n\n${about('identity')}\n${table(part('identity'))}\n${IDENTITY}`,
    `### alerts\n\n${about('alerts')}\n${table(part('alerts'))}\n` +
      `Under \`sendmail\`:\n\n${table(below(part('alerts'), 'sendmail'))}\n` +
      `Under \`syslog\`:\n\n${table(below(part('alerts'), 'syslog'))}\n${ALERTS}`,
    `## How values are written\n\n${notationTable()}\n${TARGETS}`,
    FAULTS,
  ].join('\n');
}

function table(schema: Schema, linked: (key: string) => string = (key) => `\`${key}\``): string {
  const rows = Object.entries(schema.properties ?? {}).map(([key, value]) => {
    const preset = schema.required?.includes(key) ? '**required**' : presetOf(value);
    return row([linked(key), typeOf(value), preset, value.description ?? '']);
  });
  return [
    row(['key', 'value', 'default', 'meaning']),
    row(['---', '---', '---', '---']),
    ...rows,
  ].join('');
}

const row = (cells: readonly string[]) =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;

/** The keys of all forms of an entry as one mapping: those of some forms, then those of every form. */
function merged({ anyOf = [] }: Schema): Schema {
  const forms = anyOf.flatMap(({ properties }) => properties ?? []);
  const keys = Object.entries(Object.assign({}, ...forms) as Record<string, Schema>);
  const common = keys.filter(([key]) => forms.every((form) => key in form));
  const own = keys.filter(([key]) => !forms.every((form) => key in form));
  return { properties: Object.fromEntries([...own, ...common]) };
}

function presetOf({ default: preset }: Schema): string {
  if (preset === undefined || JSON.stringify(preset) === '{}') return '';
  const values = Array.isArray(preset) ? preset : [preset];
  return values.map((value) => `\`${String(value)}\``).join(' ');
}

function typeOf(schema: Schema): string {
  const { title, type, items, anyOf } = schema;
  if (title !== undefined) return title;
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (anyOf) return anyOf.map(typeOf).join(' or ');
  if (items) return `list of ${plural(typeOf(items))}`;
  if (schema.additionalProperties) return 'mapping';
  if (schema.format === 'uri') return 'URL';
  return WORDS[type ?? ''] ?? String(type);
}

const WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: '`true`, `false`',
  integer: 'whole number',
  object: 'mapping',
};

function plural(word: string): string {
  if (word.endsWith('y')) return `${word.slice(0, -1)}ies`;
  return word.endsWith('s') ? `${word}es` : `${word}s`;
}

function notationTable(): string {
  const rows = notations.map((notation) => {
    const { title = '', description = '' } = notation.meta() ?? {};
    return row([title, description]);
  });
  return [row(['value', 'is']), row(['---', '---']), ...rows].join('');
}

const below = ({ properties }: Schema, key: string) => properties?.[key] as Schema;
const sentence = (text = '') => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
const fenced = (yaml: string) => `\`\`\`yaml\n${yaml}\`\`\`\n`;

const INTRODUCTION = `# The policy

<!-- Made by \`npm run reference\` from src/policy/schema.ts and src/policy/reference.ts; do not edit. -->

One YAML file says what your organisation wants of tunnels. It is read when the server starts and on
\`SIGHUP\`; every fault in it is told at once, with its line and what to do.

| to | run |
| --- | --- |
| check a policy and see what it leaves open | \`tunnelwarden check --policy policy.yaml\` |
| see what a client gets, and which line says so | \`tunnelwarden explain NAME --client ADDRESS\` |
| test a policy like a program | \`tunnelwarden test expectations.yaml\` |
| load a changed policy | \`kill -HUP PID\`, or \`systemctl reload tunnelwarden\` |
| refuse nothing for now, keep recording | write \`mode: observe\`, reload |
| let one machine through until a day | an entry under [allow](#allow) with \`clients\` and \`until\`, reload |

An editor that knows YAML schemas checks and completes the file when its first line is

\`\`\`yaml
# yaml-language-server: $schema=PATH/rules/schema/policy.schema.json
\`\`\`
`;

const MEANING = `## What a policy means

1. **Order does not matter.** Neither the order of lines nor that of files changes anything.
2. **The most specific target wins, then the narrowest clients.** A name with more labels comes before
   one with fewer, a label written out before a \`*\`, \`=example.com\` before \`example.com\`; a longer
   network prefix before a shorter one. For one target, a rule for a smaller client network comes
   before one for a larger, and any before one for everyone.
3. **For one target and one set of clients, who asked decides**: what you write under \`block\`,
   \`watch\` or \`allow\`; then signals; then a service by its id; then \`resolvers\`; then \`others\`; then
   what a blocked service leaves open; then lists. Two lines of equal weight that disagree are a
   fault that names both.
4. **\`allow\` is final.** What an allowed name leads to (its CNAMEs, its addresses) is not judged.
   Everything else is judged again by each name and address of its answer.
5. **The ingress is never refused**, by no service, list or broader block. A block of your own inside
   it is a fault, and so is an ingress domain that holds names agents of a service dial.
6. **Exceptions come next to the ingress.** What \`tunnelwarden allow\` lets some clients do for some time
   is no part of the file: for them it decides before any other rule about a name, until it ends.
   [On a gateway](gateway.md#exceptions) says how.

A name asked is refused for every record type. Names, addresses and rules for ports do not mix: a
name is judged by rules about names, an address in an answer by rules about networks.

Blocking a service never takes along its \`support\` names (revocation lists, which sanctioned agents
need). Names of roles you say nothing of stay open too where they lie below a blocked one, unless
something else blocks them: \`tailscale: block\` refuses \`derp1.tailscale.com\` and leaves
\`www.tailscale.com\`.
`;

const ACTIONS = `## What can be said

| action | does |
| --- | --- |
| \`block\` | refuses, as [refusal](#refusal) says, and records the attempt |
| \`watch\` | answers as usual and records the attempt |
| \`allow\` | answers as usual, whatever a less specific rule says |
| \`off\` | says nothing, so whatever else is said holds; in a group that is what holds for everyone |
`;

const MODES = `| mode | does |
| --- | --- |
| \`enforce\` | refuses what is blocked |
| \`observe\` | answers what is blocked as usual and records it as \`observed\` |

Signals (see [bypass](#bypass)) are answered no in both: a client told yes would leave for an
encrypted resolver, and then there is nothing to observe.
`;

const INGRESS = `The domain is delegated to the service by NS records, and its regions are names below it. It is
what refused people are told to use.
`;

const SERVICES = `\`tunnelwarden services\` lists the ids, \`tunnelwarden services ngrok\` shows the names of one. An
action alone is about \`session\` names. A service named here is not among the \`others\`, whatever roles
are written for it.

\`\`\`yaml
services:
  ngrok: block
  tailscale: { session: block, endpoint: block, admin: watch }
  zrok: allow
  others: watch
\`\`\`

| role | names |
| --- | --- |
| \`session\` | what agents dial to open a tunnel; the addresses of the service belong to it |
| \`endpoint\` | what visitors of a tunnel use |
| \`support\` | what sanctioned agents need too, such as revocation lists; never blocked |
| \`update\` | where agents look for updates |
| \`download\` | where agents are fetched |
| \`admin\` | where accounts are kept, and the service's own pages |
| \`bypass\` | what agents ask when the resolver refuses them; often shared with others |
`;

const BYPASS = `| key | is about |
| --- | --- |
| \`signals\` | names by which devices ask whether this network wants its own resolver to be used (\`use-application-dns.net\`, \`mask.icloud.com\`); blocked when nothing is written |
| \`resolvers\` | names of public resolvers for DNS over HTTPS and TLS; nothing when nothing is written |
| an id of \`rules/bypass\` | that one, such as \`google\` or \`private-relay\`; outweighs the two above |

A blocked signal or resolver gets NXDOMAIN (\`ddr\`: no data) whatever [refusal](#refusal) says, as
devices take any address for a yes.
`;

const ENTRIES = `Names and networks of your own, and exceptions. An entry is a [target](#how-values-are-written) alone,
or a mapping with \`name\`, \`network\` or \`service\` and what goes with it:
`;

const ENTRY_NOTES = `\`answer\` is for entries under \`block\`. An entry that has ended is a warning, and the server drops it
at that instant without a reload.
`;

const LISTS = `Each line has one of these forms; the rest are comments (\`#\`, \`!\`) and lines that are counted,
reported and passed over:

| line | covers |
| --- | --- |
| \`example.com\`, \`*.example.com\` | the name and everything below it |
| \`0.0.0.0 example.com\` | only the names on the line (hosts form) |
| \`\\|\\|example.com^\` | the name and everything below it (adblock form) |

A name that one list blocks and another watches is blocked.
`;

const CLIENTS = `The key is the name of the group, by which entries may call it. Client addresses that lie in several
groups belong to all of them; the narrowest network decides.
`;

const ANSWERS = `| answer | the client gets |
| --- | --- |
| \`nxdomain\` | no such name |
| \`nodata\` | the name without records |
| \`sinkhole\` | the \`addresses\` for A and AAAA, no records for other types |
| \`refused\` | REFUSED, on which clients ask their next resolver at once: only where there is none |

After \`nxdomain\`, \`nodata\` and \`refused\` many clients try the name again below their search domains;
only \`sinkhole\` stops that. It wants a machine that resets connections or explains: \`0.0.0.0\` and
\`::\` are not taken, as they send a client to its own ports. All refusals carry an Extended DNS Error
with your organisation, the reason, the sanctioned way and the contact.
`;

const RESOLVER = `Governed names, for \`strip-ech\`, are those that any rule blocks, watches or allows. Answers for them
never offer HTTP/3 either, so that clients stay with TCP, where a gate can read the server name.
`;

const IDENTITY = `Only clients that tried something are looked up: within two seconds, and again every few minutes for as
long as a day after their last try. What is found stands in the attempts database with its source
and time (\`tunnelwarden clients\`), and beside incidents. When sources differ, the inventory comes first,
then leases, /etc/hosts, reverse DNS and neighbours.

Reverse DNS asks the resolver's upstreams, about clients in private networks and in
\`resolver.clients\` only. Of private addresses it asks where a \`forward\` covers the reverse zone, or where all
upstreams are private themselves: a public resolver cannot know, and need not learn of them.

The inventory is a YAML list or, where the name of the file ends in \`.csv\`, a table with a title line. Each row
has one of \`address\`, \`network\` and \`mac\`, and some of \`person\`, \`device\` and \`team\`:

\`\`\`
- { mac: '00:00:5e:00:53:17', person: Ada Lovelace, device: ada-laptop, team: Research }
- { address: 192.0.2.10, device: heating-control }
- { network: 192.0.2.128/25, team: Guests }
\`\`\`

\`\`\`
address,network,mac,person,device,team
,,00:00:5e:00:53:17,Ada Lovelace,ada-laptop,Research
192.0.2.10,,,,heating-control,
,192.0.2.128/25,,,,Guests
\`\`\`

A row with a MAC address is about whatever address that device has now, by neighbours and leases. For each of
person, device and team an address comes before a MAC address, and that before the narrowest network. The file
is read at the start and on \`SIGHUP\`; a fault in it is a fault of the policy, and \`check\` tells it.
`;

const ALERTS = `People are told of an incident when it begins at this severity or above, when it rises to it, and when it is
opened again. \`tunnelwarden alert --test\` sends a made-up alert every way and says what came of it.

A webhook is posted, and a command is given, one JSON object:

| key | is |
| --- | --- |
| \`text\` | all of it in words, on one line for each alert: what chat programs show |
| \`program\` | \`tunnelwarden\` |
| \`organisation\` | the name of the organisation |
| \`test\` | true for one that was made up |
| \`heldBack\` | how many alerts were held back since the last message |
| \`alerts\` | the alerts, each with the keys below |

| key of an alert | is |
| --- | --- |
| \`incident\` | its number |
| \`why\` | \`new\`, \`risen\` or \`reopened\` |
| \`severity\` | \`info\`, \`low\`, \`medium\` or \`high\` |
| \`client\` | the address |
| \`label\`, \`team\` | who that is, where it is known |
| \`service\` | what was tried, by its id |
| \`first\`, \`last\` | since when and until when, as \`2026-11-27T17:29:43.000Z\` |
| \`count\` | how many tries |
| \`reasons\` | why it is as severe as it is: sentences |
| \`look\` | the command that shows more |

A webhook has 10 s to answer with a status of 200 to 299 and is not followed elsewhere. A command has 10 s too, and is
ended after that; it is run where the server was started. A syslog server gets a line for each alert as RFC 5424
writes it; to a local socket the program \`logger\` sends them. What fails is tried again three times. Labels and reasons come from strangers: escape them
where you show them.

The sendmail of Postfix and Exim needs the rights of its group or of root, which a unit with
\`NoNewPrivileges=yes\` does not give: leave that line out where you want mail, or tell a webhook.
`;

const TARGETS = `A name is written as people know it: upper and lower case are the same, a final dot is optional,
\`bücher.example\` is the same as \`xn--bcher-kva.example\`, odd octets are \`\\DDD\`. A \`*\` stands for
exactly one label and cannot be the last one.

| target | covers | does not cover |
| --- | --- | --- |
| \`example.com\` | \`example.com\`, \`a.b.example.com\` | \`notexample.com\` |
| \`=example.com\` | \`example.com\` | \`a.example.com\` |
| \`'*.example.com'\` | \`a.example.com\`, \`b.a.example.com\` | \`example.com\` |
| \`connect.*.example.com\` | \`connect.eu.example.com\` and below | \`connect.example.com\` |
| \`.\` | every name | |
| \`198.51.100.0/24\` | addresses in answers | names |

An IPv4 address has four decimal parts: \`010.0.0.1\`, \`127.1\` and \`0x7f.0.0.1\` mean different
addresses to different programs and are faults. An IPv4-mapped IPv6 address is the IPv4 address.
`;

const FAULTS = `## When something is wrong

| what | happens |
| --- | --- |
| a fault at start | nothing starts; all faults are told; exit code 2 |
| a fault at a reload | the policy in force stays; the log names the faults |
| a list that cannot be read | a fault, as above |
| a malformed line in a list | a warning with its number; the rest of the list counts |
| an entry that has ended | a warning; the entry is passed over |

Exit codes of every command: 0 fine, 1 failed, 2 a file or flag has a fault. A fault names its place:

\`\`\`
policy.yaml:7:5: block.0: "010.0.0.1" is not a network; write one such as 192.0.2.0/24 or 2001:db8::/32
policy.yaml:9:3: mdoe: is not a known key; remove it or correct its spelling
policy.yaml:12:5: allow/example.com: policy.yaml:4:5 and policy.yaml:12:5 say different things of example.com for the same clients (block and allow); keep one, or limit one to narrower clients
\`\`\`

| if you meant | write |
| --- | --- |
| a name that begins with \`*\` | quotes around it, or YAML takes it for an alias |
| an IPv6 address in brackets, or one that ends in a colon | quotes around it, or YAML takes it for a key |
| \`example.com\` for some only | \`{ name: example.com, clients: [...] }\` |
| to open for a group what everyone is refused | \`allow\` in the group; \`off\` says nothing |
`;
