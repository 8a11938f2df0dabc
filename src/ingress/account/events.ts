/** Kinds of objects whose changes an account tells of, each as `…_created`, `…_updated` and `…_deleted`. */
const AUDITED = [
  'api_key',
  'certificate_authority',
  'domain',
  'event_destination',
  'event_subscription',
  'ip_policy',
  'ip_policy_rule',
  'ip_restriction',
  'secret',
  'ssh_certificate_authority',
  'ssh_host_certificate',
  'ssh_public_key',
  'ssh_user_certificate',
  'tcp_address',
  'tls_certificate',
  'tunnel_credential',
  'vault',
] as const;

/**
 * What a SIEM wants of an account: which agents connected from where and through which name, and who
 * changed what. Traffic of endpoints is not among it: it is much, and other people's.
 */
export const EVENT_SOURCES: readonly string[] = [
  'agent_session_start.v0',
  'agent_session_stop.v0',
  ...AUDITED.flatMap((object) =>
    ['created', 'updated', 'deleted'].map((change) => `${object}_${change}.v0`),
  ),
];
