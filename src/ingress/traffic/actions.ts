import { OAUTH_PROVIDERS, WEBHOOK_PROVIDERS } from './providers.ts';

export const PHASES = [
  'on_tcp_connect',
  'on_http_request',
  'on_http_response',
  'on_event_stream_message',
] as const;
export type Phase = (typeof PHASES)[number];

/** What stands in a field of an action's `config`. */
export type Field = {
  readonly type:
    | 'text'
    | 'flag'
    | 'integer'
    | 'fraction'
    | 'duration'
    | 'texts'
    | 'integers'
    | 'cidrs'
    | 'expressions'
    | 'map'
    | 'list'
    | 'word';
  readonly required?: true;
  readonly oneOf?: readonly string[];
  readonly from?: number;
  readonly to?: number;
  /** What must not stand in a file in clear. */
  readonly secret?: true;
};

export type ActionSpec = {
  readonly phases: readonly Phase[];
  /** Undefined where the vendor has not published them: nothing is said of the config. */
  readonly fields?: Readonly<Record<string, Field>>;
  /** Nothing runs behind it. */
  readonly ends?: true;
};

const REQUEST: readonly Phase[] = ['on_http_request'];
const HTTP: readonly Phase[] = ['on_http_request', 'on_http_response'];
const CONNECT: readonly Phase[] = ['on_tcp_connect', 'on_http_request'];
const ALL: readonly Phase[] = ['on_tcp_connect', 'on_http_request', 'on_http_response'];

const text: Field = { type: 'text' };
const flag: Field = { type: 'flag' };
const duration: Field = { type: 'duration' };
const neededText: Field = { type: 'text', required: true };
const headers: Field = { type: 'map' };
const onError: Field = { type: 'text', oneOf: ['continue', 'halt'] };
const status = (from: number, to: number): Field => ({ type: 'integer', from, to });

/** What `oauth` and `openid-connect` have in common. */
const LOGIN: Readonly<Record<string, Field>> = {
  auth_id: text,
  client_id: text,
  client_secret: { type: 'text', secret: true },
  scopes: { type: 'texts' },
  authz_url_params: { type: 'map' },
  max_session_duration: duration,
  idle_session_timeout: duration,
  userinfo_refresh_interval: duration,
  allow_cors_preflight: flag,
  auth_cookie_domain: text,
};

const WAF: Readonly<Record<string, Field>> = {
  on_error: onError,
  process_body: flag,
  exclude_rule_ids: { type: 'integers', from: 900_000, to: 999_999 },
};

/**
 * The actions of a Traffic Policy: where each may stand and what it takes, by ngrok's documentation
 * (ngrok-docs, checked 2026-08). Where two of its pages disagree, the wider reading is the one here.
 */
export const ACTIONS: Readonly<Record<string, ActionSpec>> = {
  'add-headers': { phases: HTTP, fields: { headers: { type: 'map', required: true } } },
  'ai-gateway': { phases: REQUEST },
  'basic-auth': {
    phases: REQUEST,
    fields: {
      credentials: { type: 'texts', required: true, secret: true },
      realm: text,
      enforce: flag,
    },
  },
  'circuit-breaker': {
    phases: REQUEST,
    fields: {
      error_threshold: { type: 'fraction', required: true },
      volume_threshold: { type: 'integer', from: 1, to: 2_000_000_000 },
      window_duration: duration,
      tripped_duration: duration,
      num_buckets: { type: 'integer' },
      enforce: flag,
    },
  },
  'close-connection': { phases: CONNECT, fields: {}, ends: true },
  'compress-response': {
    phases: HTTP,
    fields: { algorithms: { type: 'texts', oneOf: ['br', 'compress', 'deflate', 'gzip'] } },
  },
  'custom-response': {
    phases: HTTP,
    fields: { status_code: status(100, 599), body: text, headers },
    ends: true,
  },
  deny: { phases: CONNECT, fields: { status_code: status(100, 599) }, ends: true },
  'forward-internal': { phases: CONNECT, fields: { url: neededText, on_error: onError } },
  'http-request': {
    phases: HTTP,
    fields: {
      url: neededText,
      method: { type: 'text', oneOf: ['GET', 'PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS'] },
      query_params: { type: 'list' },
      headers,
      body: text,
      max_redirects: { type: 'integer', from: 0, to: 5 },
      timeout: duration,
      retry_condition: text,
      on_error: onError,
    },
  },
  'jwt-validation': {
    phases: REQUEST,
    fields: {
      issuer: { type: 'map', required: true },
      audience: { type: 'map' },
      http: { type: 'map', required: true },
      jws: { type: 'map', required: true },
    },
  },
  log: { phases: ALL, fields: { metadata: { type: 'map', required: true } } },
  oauth: {
    phases: REQUEST,
    fields: { provider: { type: 'text', required: true, oneOf: OAUTH_PROVIDERS }, ...LOGIN },
  },
  'openid-connect': {
    phases: REQUEST,
    // Its page calls one of them idle_session_duration, where oauth's says idle_session_timeout.
    fields: { issuer_url: neededText, ...LOGIN, idle_session_duration: duration },
  },
  'owasp-crs-request': { phases: REQUEST, fields: WAF },
  'owasp-crs-response': { phases: ['on_http_response'], fields: WAF },
  'rate-limit': {
    phases: REQUEST,
    fields: {
      name: neededText,
      enforce: flag,
      algorithm: { type: 'text', required: true, oneOf: ['sliding_window'] },
      capacity: { type: 'integer', required: true, from: 1, to: 2_000_000_000 },
      rate: { type: 'duration', required: true },
      bucket_key: { type: 'expressions', required: true },
    },
  },
  redirect: {
    phases: REQUEST,
    fields: { from: text, to: neededText, status_code: status(300, 399), headers },
  },
  'remove-headers': { phases: HTTP, fields: { headers: { type: 'texts', required: true } } },
  'request-body-find-replace': {
    phases: REQUEST,
    fields: { replacements: { type: 'list', required: true } },
  },
  'response-body-find-replace': {
    phases: ['on_http_response'],
    fields: { replacements: { type: 'list', required: true } },
  },
  'restrict-ips': {
    phases: ALL,
    fields: {
      enforce: flag,
      allow: { type: 'cidrs' },
      deny: { type: 'cidrs' },
      ip_policies: { type: 'texts' },
    },
  },
  // In developer preview; its fields are not published.
  saml: { phases: REQUEST },
  'set-vars': { phases: ALL, fields: { vars: { type: 'list', required: true } } },
  'sse-find-replace': {
    phases: ['on_event_stream_message'],
    fields: { replacements: { type: 'list', required: true } },
  },
  'terminate-tls': {
    phases: ['on_tcp_connect'],
    fields: {
      min_version: { type: 'word', oneOf: ['1.2', '1.3'] },
      max_version: { type: 'word', oneOf: ['1.2', '1.3'] },
      server_private_key: { type: 'text', secret: true },
      server_certificate: text,
      mutual_tls_certificate_authorities: { type: 'texts' },
      mutual_tls_verification_strategy: {
        type: 'text',
        oneOf: ['require-and-verify', 'require-any', 'request'],
      },
    },
  },
  'url-rewrite': { phases: REQUEST, fields: { from: text, to: neededText } },
  'verify-webhook': {
    phases: REQUEST,
    fields: {
      provider: { type: 'text', required: true, oneOf: WEBHOOK_PROVIDERS },
      secret: { type: 'text', required: true, secret: true },
      enforce: flag,
    },
  },
};

/** What people write for an action, and its name. */
export const MISNAMED: Readonly<Record<string, string>> = {
  oidc: 'openid-connect',
  'ip-restriction': 'restrict-ips',
  'webhook-verification': 'verify-webhook',
};

/** Phases of older policies. */
export const OLD_PHASES: Readonly<Record<string, string>> = {
  inbound: 'on_http_request',
  outbound: 'on_http_response',
};
