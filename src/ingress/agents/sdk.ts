import type { AgentFormat } from './format.ts';
import { regionsNote, TOKEN_NOTE, trustNote } from './notes.ts';
import type { AgentSettings } from './settings.ts';

// SDKs dial by themselves, without the agent and its file, so each program needs the address. It is a host
// name with a port, and means itself between quotes in all of these languages.

const notesFor =
  (setting: string) =>
  (settings: AgentSettings): readonly string[] => [
    TOKEN_NOTE,
    trustNote(settings, setting),
    ...regionsNote(settings),
  ];

export const go: AgentFormat = {
  id: 'go',
  title: 'the Go SDK (golang.ngrok.com/ngrok/v2)',
  path: 'tunnel.go',
  mark: '//',
  notes: notesFor('WithAgentConnectCAs'),
  lines: ({ server, systemRoots }) => [
    'package tunnel',
    '',
    'import (',
    ...(systemRoots ? ['\t"crypto/x509"'] : []),
    '\t"os"',
    '',
    '\t"golang.ngrok.com/ngrok/v2"',
    ')',
    '',
    '// ConnectURL is the only address that agents of ours dial.',
    `const ConnectURL = "${server}"`,
    '',
    '// NewAgent gives the agent to listen or forward with, in place of ngrok.Listen and ngrok.Forward.',
    'func NewAgent() (ngrok.Agent, error) {',
    ...(systemRoots
      ? ['\troots, err := x509.SystemCertPool()', '\tif err != nil {', '\t\treturn nil, err', '\t}']
      : []),
    '\treturn ngrok.NewAgent(',
    '\t\tngrok.WithAuthtoken(os.Getenv("NGROK_AUTHTOKEN")),',
    '\t\tngrok.WithAgentConnectURL(ConnectURL),',
    ...(systemRoots ? ['\t\tngrok.WithAgentConnectCAs(roots),'] : []),
    '\t)',
    '}',
  ],
};

export const rust: AgentFormat = {
  id: 'rust',
  title: 'the Rust SDK (crate ngrok)',
  path: 'tunnel.rs',
  mark: '//',
  notes: notesFor('root_cas("host")'),
  lines: ({ server, systemRoots }) => [
    'use std::error::Error;',
    '',
    'use ngrok::Session;',
    '',
    '/// The only address that agents of ours dial.',
    `pub const SERVER_ADDR: &str = "${server}";`,
    '',
    '/// The session to listen with.',
    'pub async fn connect() -> Result<Session, Box<dyn Error + Send + Sync>> {',
    '    let session = Session::builder()',
    '        .authtoken_from_env()',
    '        .server_addr(SERVER_ADDR)?',
    ...(systemRoots ? ['        .root_cas("host")?'] : []),
    '        .connect()',
    '        .await?;',
    '    Ok(session)',
    '}',
  ],
};

export const python: AgentFormat = {
  id: 'python',
  title: 'the Python SDK (package ngrok)',
  path: 'tunnel.py',
  mark: '#',
  notes: notesFor('root_cas("host")'),
  lines: ({ server, systemRoots }) => [
    'import ngrok',
    '',
    '# The only address that agents of ours dial.',
    `SERVER_ADDR = "${server}"`,
    '',
    '',
    'async def connect() -> ngrok.Session:',
    '    """The session to listen with, in place of ngrok.forward and ngrok.connect."""',
    '    return await (',
    '        ngrok.SessionBuilder()',
    '        .authtoken_from_env()',
    '        .server_addr(SERVER_ADDR)',
    ...(systemRoots ? ['        .root_cas("host")'] : []),
    '        .connect()',
    '    )',
  ],
};

export const javascript: AgentFormat = {
  id: 'javascript',
  title: 'the JavaScript SDK (package @ngrok/ngrok)',
  path: 'tunnel.mjs',
  mark: '//',
  notes: notesFor("rootCas('host')"),
  lines: ({ server, systemRoots }) => [
    "import { SessionBuilder } from '@ngrok/ngrok';",
    '',
    '/** The only address that agents of ours dial. */',
    `export const SERVER_ADDR = '${server}';`,
    '',
    '/** The session to listen with, in place of ngrok.forward and ngrok.connect. */',
    'export function connect() {',
    '  return new SessionBuilder()',
    '    .authtokenFromEnv()',
    '    .serverAddr(SERVER_ADDR)',
    ...(systemRoots ? ["    .rootCas('host')"] : []),
    '    .connect();',
    '}',
  ],
};

export const java: AgentFormat = {
  id: 'java',
  title: 'the Java SDK (com.ngrok)',
  path: 'Tunnel.java',
  mark: '//',
  notes: (settings) => [
    ...notesFor('caCert')(settings),
    ...(settings.systemRoots
      ? [
          "This SDK cannot ask for the system's roots: give it a PEM file of Let's Encrypt's (https://letsencrypt.org/certificates/).",
        ]
      : []),
  ],
  lines: ({ server, systemRoots }) => [
    'import com.ngrok.Session;',
    'import java.io.IOException;',
    ...(systemRoots ? ['import java.nio.file.Files;', 'import java.nio.file.Path;'] : []),
    '',
    'public final class Tunnel {',
    '    /** The only address that agents of ours dial. */',
    `    public static final String SERVER_ADDR = "${server}";`,
    '',
    '    private Tunnel() {}',
    '',
    '    /** The session to listen with. */',
    `    public static Session connect(${systemRoots ? 'Path roots' : ''}) throws IOException {`,
    '        return Session.withAuthtokenFromEnv()',
    '                .serverAddr(SERVER_ADDR)',
    ...(systemRoots ? ['                .caCert(Files.readAllBytes(roots))'] : []),
    '                .connect();',
    '    }',
    '}',
  ],
};
