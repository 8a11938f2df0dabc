import { z } from 'zod';
import { date, network, pattern, port } from './fields.ts';
import { ROLES } from './service.ts';

const id = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'write lower-case letters, digits and single hyphens')
  .describe('the file name without .yaml');

const note = z.string().describe('what the reader of a rule should know, in one sentence');

const named = z
  .union([
    pattern.transform((pattern) => ({ pattern })),
    z.strictObject({
      name: pattern,
      confidence: z
        .enum(['documented', 'observed', 'derived'])
        .default('documented')
        .describe('the vendor says so, someone saw it, or it follows from a pattern'),
      note: note.optional(),
      known: z
        .array(z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'write one label such as us-cal-1'))
        .default([])
        .describe('labels known to stand for its *, for what cannot say "any label"'),
    }),
  ])
  .describe('a name, or a name with how sure it is');

const source = z.strictObject({
  title: z.string(),
  url: z.url().optional(),
  date: date.describe('the day of the copy that was read'),
});

const fallback = z.strictObject({
  via: z
    .enum([
      'system-dns',
      'dns',
      'dot',
      'doh',
      'file',
      'name',
      'sni',
      'address',
      'ssh',
      'proxy',
      'quic',
    ])
    .describe('the mechanism of this step'),
  names: z.array(pattern).default([]),
  addresses: z.array(network).default([]),
  ports: z.array(port).default([]),
  note: note.optional(),
});

const names = Object.fromEntries(ROLES.map((role) => [role, z.array(named).default([])])) as Record<
  (typeof ROLES)[number],
  z.ZodDefault<z.ZodArray<typeof named>>
>;

/** `rules/services/ID.yaml` */
export const serviceFile = z.strictObject({
  id,
  title: z.string(),
  kind: z.enum(['tunnel', 'webhook', 'overlay', 'remote-access', 'exfiltration']),
  summary: z.string().describe('what it does, in one sentence'),
  homepage: z.url().optional(),
  checked: date.describe('the day the names were last checked against the sources'),
  names: z.strictObject(names),
  sni: z
    .array(pattern)
    .default([])
    .describe('TLS server names that are not among the names looked up'),
  ports: z.array(port).default([]).describe('where its agents connect'),
  'own-ports': z
    .array(port)
    .default([])
    .describe('those of them that nothing else uses: refused towards every address'),
  addresses: z.array(network).default([]).describe('what the vendor publishes for its agents'),
  ssh: z.boolean().default(false).describe('a plain ssh -R opens a tunnel'),
  fallback: z
    .array(fallback)
    .default([])
    .describe('what the agent tries when refused, in its order'),
  attack: z
    .array(z.string().regex(/^[TS]\d{4}(\.\d{3})?$/, 'write an ATT&CK id such as T1572'))
    .default([]),
  sources: z.array(source).min(1, 'name at least one source'),
});

/** `rules/fronts/ID.yaml` */
export const frontFile = z.strictObject({
  id,
  title: z.string(),
  summary: z.string(),
  checked: date,
  addresses: z.array(network).min(1),
  sources: z.array(source).min(1, 'name at least one source'),
});

/** `rules/bypass/ID.yaml` */
export const bypassFile = z.strictObject({
  id,
  title: z.string(),
  kind: z
    .enum(['signal', 'resolver'])
    .describe('a name that asks whether to use this network’s resolver, or a public resolver'),
  summary: z.string(),
  checked: date,
  answer: z
    .enum(['nxdomain', 'nodata'])
    .default('nxdomain')
    .describe('what its names get when blocked: never an address, which clients take for a yes'),
  names: z.array(named),
  addresses: z.array(network).default([]),
  ports: z.array(port).default([]),
  sources: z.array(source).min(1, 'name at least one source'),
});
