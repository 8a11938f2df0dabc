import type { AgentSettings } from './settings.ts';

// What several formats have to tell, in the words of one setting or another.

/** Which certificate is met, and what to do about it: `setting` as the format writes it. */
export function trustNote({ systemRoots }: AgentSettings, setting: string): string {
  return systemRoots
    ? `The certificate is Let's Encrypt's, hence ${setting}. Until it is issued the service shows one of its own authority, which this setting does not trust.`
    : `The certificate is of ngrok's own authority, which is trusted without ${setting}: leave that out.`;
}

/** Where revocation lists come from; without them an agent does not start its session. */
export function revocationNote({ support }: AgentSettings): string {
  const lists = support.map((host) => `http://${host}/ngrok.crl`).join(' or ');
  return `The agent first fetches its revocation list in clear from ${lists} (port 80): keep that reachable, and crl_noverify off.`;
}

/** What may be dialled instead. */
export function regionsNote({ others }: AgentSettings): readonly string[] {
  if (others.length === 0) return [];
  return [`Sanctioned as well: ${others.join(', ')} (\`--name\` writes one of them here).`];
}

export const TOKEN_NOTE =
  "The authtoken is a secret of each developer and stays out of files: it is read from NGROK_AUTHTOKEN. It must be one of the organisation's account, as the ingress refuses all others.";
