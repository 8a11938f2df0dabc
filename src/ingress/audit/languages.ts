import type { Syntax } from './lines.ts';

/** How programs of one language use an SDK. */
export type Language = {
  readonly files: RegExp;
  readonly syntax: Syntax;
  /** The SDK is brought in. */
  readonly uses: RegExp;
  /** A session is opened. */
  readonly opens: RegExp;
  /** A package that runs the agent instead, and what gives that a file of its own. */
  readonly wrapper?: { readonly uses: RegExp; readonly opens: RegExp; readonly file: RegExp };
  /** How the address is said, for the remedy. */
  readonly setting: string;
};

const C_LIKE = { lineComments: ['//'], blockComments: true };

/** Server addresses as any of them says it; the rest of the line is the argument. */
export const DOOR_CALL =
  /\b(WithAgentConnectURL|WithServer|server_addr|serverAddr)\b["']?\s*[:=(]/g;
export const TOKEN_CALL =
  /\b(WithAuthtoken|withAuthtoken|authtoken|auth_token|set_auth_token|setAuthtoken|newBuilder)\b["']?\s*[:=(]/g;
export const PROXY_CALL = /\b(?:WithProxyURL|proxy_url|proxyUrl)\b["']?\s*[:=(]/g;
export const TLS_CALL = /\b(?:WithTLSConfig|tls_config|tlsConfig)\s*\(/g;
export const REGION_CALL = /\b(?:WithRegion|region)\b["']?\s*[:=(]/g;
/** The regions of the agents that still had them. */
export const REGIONS = /^(?:us|us-cal-1|eu|ap|au|sa|jp|in)$/;

export const LANGUAGES: readonly Language[] = [
  {
    files: /\.go$/,
    syntax: { ...C_LIKE, quotes: ['"', '`', "'"], multiline: ['`'] },
    uses: /"golang\.ngrok\.com\/ngrok(?:\/v\d+)?"/,
    opens:
      /\bngrok\.(?:NewAgent|Listen|Forward|Connect|ListenAndForward\w*|ListenAndServe\w*)\s*\(/g,
    setting: 'WithAgentConnectURL',
  },
  {
    files: /\.rs$/,
    // A single quote may be a lifetime, so what it begins is left alone.
    syntax: { ...C_LIKE, quotes: ['"'], multiline: ['"'] },
    uses: /\buse\s+ngrok\b|\bngrok::/,
    opens: /\bSession::builder\s*\(|\bSessionBuilder::(?:default|new)\s*\(/g,
    setting: 'server_addr',
  },
  {
    files: /\.py$/,
    syntax: {
      ...{ lineComments: ['#'], blockComments: false },
      ...{ quotes: ['"""', "'''", '"', "'"], multiline: ['"""', "'''"] },
    },
    uses: /^[ \t]*(?:import\s+ngrok\b|from\s+ngrok\b)/m,
    opens:
      /\bngrok\.(?:forward|connect|listen|default|werkzeug_develop)\s*\(|\b(?:Ngrok)?SessionBuilder\s*\(/g,
    wrapper: {
      uses: /^[ \t]*(?:import\s+pyngrok\b|from\s+pyngrok\b)/m,
      opens: /\bngrok\.(?:connect|run)\s*\(/g,
      file: /\bconfig_path\b/,
    },
    setting: 'server_addr',
  },
  {
    files: /\.[cm]?[jt]sx?$/,
    syntax: { ...C_LIKE, quotes: ['"', "'", '`'], multiline: ['`'] },
    uses: /\b(?:from|require|import)[\s(]{0,20}["'`]@ngrok\/ngrok["'`]/,
    opens:
      /(?<![.\w])(?:ngrok\.(?:forward|connect|listen)|forward)\s*\(|\b(?:Ngrok)?SessionBuilder\s*\(/g,
    wrapper: {
      uses: /\b(?:from|require|import)[\s(]{0,20}["'`]ngrok["'`]/,
      opens: /\bngrok\.connect\s*\(/g,
      file: /\bconfigPath\b/,
    },
    setting: 'server_addr (serverAddr of a SessionBuilder)',
  },
  {
    files: /\.(?:java|kts?)$/,
    syntax: { ...C_LIKE, quotes: ['"""', '"', "'"], multiline: ['"""'] },
    uses: /\bimport\s+(?:static\s+)?com\.ngrok\b/,
    opens: /\bSession\.(?:withAuthtoken\w*|newBuilder)\s*\(/g,
    setting: 'serverAddr',
  },
];
