import { agentFileLines } from './agent-file.ts';
import type { AgentFormat } from './format.ts';
import { regionsNote, revocationNote, TOKEN_NOTE, trustNote } from './notes.ts';

export const helm: AgentFormat = {
  id: 'helm',
  title: 'Helm values of the ngrok Kubernetes operator',
  path: 'values.yaml',
  mark: '#',
  notes: (settings) => [
    'helm upgrade --install ngrok-operator ngrok/ngrok-operator --values THIS-FILE',
    'Give the API key and the authtoken as a secret (credentials.secret.name), not in values. The operator also calls api.ngrok.com.',
    trustNote(settings, 'rootCAs: host'),
    'Endpoint bindings (bindings.enabled) dial a door of their own, bindings.ingressEndpoint, which no ingress of yours replaces.',
    ...regionsNote(settings),
  ],
  lines: ({ server, systemRoots }) => [
    `serverAddr: "${server}"`,
    ...(systemRoots ? ['rootCAs: "host"'] : []),
  ],
};

/** No environment variable of the image names the address, so the file comes along in the same one. */
export const docker: AgentFormat = {
  id: 'docker',
  title: 'a Compose file with the ngrok agent',
  path: 'compose.yaml',
  mark: '#',
  notes: (settings) => [
    'Needs Docker Compose 2.23.1 or later (configs.content). Without Compose: write the lines below `content` to ngrok.yml, then docker run --rm -e NGROK_AUTHTOKEN -v "$PWD/ngrok.yml:/etc/ngrok.yml:ro" ngrok/ngrok http --config /etc/ngrok.yml http://HOST:PORT',
    TOKEN_NOTE,
    trustNote(settings, 'connect_cas: host'),
    revocationNote(settings),
    ...regionsNote(settings),
  ],
  lines: (settings) => [
    'services:',
    '  ngrok:',
    '    image: ngrok/ngrok',
    '    command: [http, --config, /etc/ngrok.yml, "http://app:80"] # what is published',
    '    environment:',
    `      NGROK_AUTHTOKEN: "\${NGROK_AUTHTOKEN:?an authtoken of the organisation}"`,
    '    configs:',
    '      - source: ngrok-agent',
    '        target: /etc/ngrok.yml',
    'configs:',
    '  ngrok-agent:',
    '    content: |',
    ...agentFileLines(settings).map((line) => `      ${line}`),
  ],
};

export const ssh: AgentFormat = {
  id: 'ssh',
  title: 'a reverse tunnel by ssh, without an agent',
  path: 'tunnel.sh',
  mark: '#',
  notes: (settings) => [
    "Port 443 of an endpoint is sent to port 80 here. The account knows you by your SSH key, so no authtoken is needed: enter it at https://dashboard.ngrok.com/tunnels/ssh-keys of the organisation's account.",
    'Such a session shows no server name. A firewall can tell it by its address alone, and while the ingress shares its addresses with the default door, port 22 has to stay closed: use an agent then.',
    ...regionsNote(settings),
  ],
  lines: ({ host }) => [`ssh -R 443:localhost:80 v2@${host} http`],
};
