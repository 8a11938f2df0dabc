/** How much a finding weighs: an error breaks the policy, a warning deserves a look. */
export type Severity = 'error' | 'warning';

/** What is looked for, as reports name it. */
export type AuditRule = {
  readonly severity: Severity;
  /** What is wrong, as a short phrase. */
  readonly title: string;
  /** Why that matters, a sentence or two. */
  readonly why: string;
};

export const AUDIT_RULES = {
  'default-door': {
    severity: 'error',
    title: 'dials the default door',
    why: 'Every account comes in by the default door, personal ones too, so the network refuses it.',
  },
  'regional-door': {
    severity: 'error',
    title: "dials a region's default door",
    why: 'The doors of single regions are open to every account as the default door is.',
  },
  'no-connect-url': {
    severity: 'error',
    title: 'names no connect URL, so the default door is dialled',
    why: 'An agent that is told nothing dials the default door, which the network refuses.',
  },
  'other-door': {
    severity: 'error',
    title: 'dials a door that is not sanctioned',
    why: "Another organisation's ingress, or a server of one's own, is outside of this policy.",
  },
  'ssh-default-door': {
    severity: 'error',
    title: 'opens a tunnel by ssh at a default door',
    why: 'A reverse tunnel by ssh needs no agent and shows no server name.',
  },
  'dns-resolver-ips': {
    severity: 'error',
    title: "asks resolvers other than the network's",
    why: "An agent that asks elsewhere does not see what the network's resolver refuses.",
  },
  'proxy-url': {
    severity: 'warning',
    title: 'goes through a proxy',
    why: 'Behind a proxy a session is hidden from DNS and from rules about server names.',
  },
  'crl-noverify': {
    severity: 'error',
    title: 'does not check for revoked certificates',
    why: 'Without the check, a stolen certificate of the service is accepted for ever.',
  },
  'server-sni': {
    severity: 'error',
    title: 'sends a server name of its own choice',
    why: 'The server name is the one field that tells sanctioned sessions from others.',
  },
  'tls-config': {
    severity: 'warning',
    title: 'changes how the session is secured',
    why: 'A program that sets up TLS itself can send any server name and trust any certificate.',
  },
  'literal-authtoken': {
    severity: 'error',
    title: 'holds an authtoken in clear',
    why: 'Whoever reads the file can open tunnels in the name of the account.',
  },
  'literal-api-key': {
    severity: 'error',
    title: 'holds an API key in clear',
    why: 'Whoever reads the file can administer the account.',
  },
  'update-channel': {
    severity: 'warning',
    title: 'takes updates that are not stable',
    why: 'Builds of other channels are not meant for production.',
  },
  region: {
    severity: 'warning',
    title: 'chooses a region',
    why: "`region` is deprecated, and older agents dial that region's default door by it.",
  },
  'default-file': {
    severity: 'warning',
    title: "starts an agent whose settings are somewhere else, in the user's own file",
    why: 'What that agent dials is decided by a file that was not looked at.',
  },
  unreadable: {
    severity: 'warning',
    title: 'cannot be read as what it seems to be',
    why: 'What cannot be read cannot be vouched for.',
  },
} as const satisfies Readonly<Record<string, AuditRule>>;

export type AuditRuleId = keyof typeof AUDIT_RULES;
