import type { AgentFormat } from './format.ts';
import { regionsNote, revocationNote, TOKEN_NOTE, trustNote } from './notes.ts';
import type { AgentSettings } from './settings.ts';

/** The agent's own configuration file, where `ngrok config check` looks for it. */
export const ngrokV3: AgentFormat = {
  id: 'ngrok-v3',
  title: 'configuration file (version 3) of the ngrok agent',
  path: 'ngrok.yml',
  mark: '#',
  notes: (settings) => [
    `An existing file takes the same by: ngrok config add-connect-url ${settings.server}`,
    TOKEN_NOTE,
    trustNote(settings, 'connect_cas: host'),
    revocationNote(settings),
    ...regionsNote(settings),
  ],
  lines: agentFileLines,
};

/** The lines of a file of version 3, which other formats carry inside. */
export function agentFileLines({ server, systemRoots }: AgentSettings): readonly string[] {
  return [
    'version: 3',
    'agent:',
    `  connect_url: ${server}`,
    ...(systemRoots ? ['  connect_cas: host'] : []),
  ];
}

export const ngrokV2: AgentFormat = {
  id: 'ngrok-v2',
  title: 'configuration file (version 2) of the ngrok agent',
  path: 'ngrok-v2.yml',
  mark: '#',
  notes: (settings) => [
    'For files that still say `version: 2`; `ngrok config upgrade` makes version 3 of them.',
    TOKEN_NOTE,
    trustNote(settings, 'root_cas: host'),
    revocationNote(settings),
    'Leave `region` out: it is deprecated, and an ingress of your own has its region already.',
    ...regionsNote(settings),
  ],
  lines: ({ server, systemRoots }) => [
    'version: 2',
    `server_addr: ${server}`,
    ...(systemRoots ? ['root_cas: host'] : []),
  ],
};
