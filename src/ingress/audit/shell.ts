import type { Place } from '../../policy/problem.ts';
import { AGENT_IMAGE } from './container.ts';
import { type Doors, dialRemedy, doorFindings, doorOf, hostOf } from './doors.ts';
import { type Finding, finding } from './finding.ts';
import { placesIn } from './lines.ts';
import { secretFindings } from './secret.ts';
import { type Word, wordFindings } from './words.ts';

/** What separates words where commands are written: blanks, quotes, lists of JSON, joined commands. */
const WORD = /[^\s"'`,;|&()[\]{}]+(?:\$\{[^}\s]{0,99}\}[^\s"'`,;|&()[\]{}]*)*/g;

/**
 * What breaks the policy in lines of commands: scripts, Dockerfiles, make files, the scripts of a
 * package.json, units, and files of variables.
 */
export function shellFindings(doors: Doors, file: string, text: string): readonly Finding[] {
  if (!/ngrok|\bssh\b/i.test(text)) return [];
  const placeOf = placesIn(file, text);
  // A continued line is one command; the offsets stay as they are.
  const joined = text.replace(/[\\`^][ \t]*\r?\n/g, (end) => ' '.repeat(end.length));
  const isDockerfile = /(?:^|[/\\.])(?:docker|container)file/i.test(file);
  const findings: Finding[] = [];
  let offset = 0;
  for (const line of joined.split('\n')) {
    if (!isComment(line)) findings.push(...lineFindings(doors, line, offset, placeOf));
    offset += line.length + 1;
  }
  return [...findings, ...(isDockerfile ? imageFindings(doors, joined, placeOf) : [])];
}

function isComment(line: string): boolean {
  return /^\s*(?:#(?!!)|::|rem\s)/i.test(line);
}

function lineFindings(
  doors: Doors,
  line: string,
  offset: number,
  placeOf: (offset: number) => Place,
): readonly Finding[] {
  if (!/ngrok|ssh|_proxy/i.test(line)) return [];
  const words = [...line.matchAll(WORD)].map(({ 0: text, index }) => ({
    text,
    place: placeOf(offset + index),
    quoted: text.endsWith('=') ? quotedAt(line, index + text.length) : '',
  }));
  const isAgentLine = /\bngrok\b/.test(line);
  const agent = words.findIndex(({ text }) => /(?:^|[/\\])ngrok(?:\.exe)?$/i.test(text));
  return [
    ...words.flatMap((word) => variableFindings(doors, word, isAgentLine)),
    ...(agent < 0 ? [] : agentFindings(doors, words.slice(agent))),
    ...sshFindings(doors, words),
    ...dockerFindings(doors, words),
  ];
}

/** `NGROK_AUTHTOKEN=…` and its like, as a prefix, an export, an ENV, or a line of an .env file. */
function variableFindings(
  doors: Doors,
  { text, place, quoted }: Word & { readonly quoted: string },
  isAgentLine: boolean,
): readonly Finding[] {
  const [, name = '', bare = ''] = /^(?:\$env:)?([A-Za-z_]\w*)=(.*)$/s.exec(text) ?? [];
  const value = bare === '' ? quoted : bare;
  if (/^NGROK_AUTH(?:TOKEN|_TOKEN)?$/.test(name)) {
    return secretFindings('literal-authtoken', place, value);
  }
  if (name === 'NGROK_API_KEY') return secretFindings('literal-api-key', place, value);
  if (/^https?_proxy$/i.test(name) && value !== '' && isAgentLine) {
    const remedy = `remove ${name}, or see that the proxy itself enforces the policy`;
    return [finding('proxy-url', place, hostOf(value) ?? '', remedy)];
  }
  const door = doorOf(doors, value);
  return door === 'default' || door === 'regional' ? doorFindings(doors, place, value, name) : [];
}

/** What follows `NAME=` in quotes. */
function quotedAt(line: string, start: number): string {
  const quote = line[start];
  if (quote !== '"' && quote !== "'") return '';
  const end = line.indexOf(quote, start + 1);
  return end < 0 ? '' : line.slice(start + 1, end);
}

/** `ngrok config add-connect-url …`, `ngrok authtoken …` and flags. */
function agentFindings(doors: Doors, words: readonly Word[]): readonly Finding[] {
  const at = (name: RegExp) => {
    const index = words.findIndex(({ text }) => name.test(text));
    return index < 0 ? undefined : words[index + 1];
  };
  const door = at(/^add-(?:connect-url|server-addr)$/);
  const token = at(/^(?:add-)?authtoken$/);
  const key = at(/^add-api-key$/);
  return [
    ...wordFindings(words),
    ...(door ? doorFindings(doors, door.place, door.text, 'the connect URL') : []),
    ...(token ? secretFindings('literal-authtoken', token.place, token.text) : []),
    ...(key ? secretFindings('literal-api-key', key.place, key.text) : []),
  ];
}

function sshFindings(doors: Doors, words: readonly Word[]): readonly Finding[] {
  const ssh = words.findIndex(({ text }) => /(?:^|[/\\])(?:auto)?ssh(?:\.exe)?$/.test(text));
  if (ssh < 0 || !words.some(({ text }) => /^-\w*R/.test(text))) return [];
  return words.slice(ssh + 1).flatMap(({ text, place }) => {
    const door = doorOf(doors, text);
    if (door !== 'default' && door !== 'regional') return [];
    const [domain] = doors.sanctioned;
    const remedy =
      domain === undefined
        ? dialRemedy(doors, 'the host')
        : `use an agent with connect_url ${domain}:443, or ssh to ${domain}`;
    return [finding('ssh-default-door', place, hostOf(text) ?? '', remedy)];
  });
}

/** `docker run … ngrok/ngrok http 80`: without a file the agent in it dials the default door. */
function dockerFindings(doors: Doors, words: readonly Word[]): readonly Finding[] {
  const run = words.findIndex(({ text }) => /^(?:docker|podman|nerdctl)$/.test(text));
  const image = words.findIndex(({ text }) => AGENT_IMAGE.test(text));
  if (run < 0 || image < run || !words.slice(run).some(({ text }) => text === 'run')) return [];
  const { place } = words[image] as Word;
  const flags = wordFindings(words.slice(image));
  if (words.some(({ text }) => hasFile(text))) return flags;
  const remedy = `give it a configuration file by --config: ${dialRemedy(doors, 'connect_url')}`;
  return [...flags, finding('no-connect-url', place, '', remedy)];
}

function hasFile(text: string): boolean {
  return /^--config(?:=|$)|^NGROK_CONFIG=|ngrok[^:\s]*\.ya?ml/.test(text);
}

/** A Dockerfile built on the agent's image. */
function imageFindings(
  doors: Doors,
  text: string,
  placeOf: (offset: number) => Place,
): readonly Finding[] {
  const from = /^[ \t]*FROM[ \t]+(?:--\S+[ \t]+)?(\S+)/gim;
  const found = [...text.matchAll(from)].find(({ 1: image = '' }) => AGENT_IMAGE.test(image));
  if (!found || /ngrok\S*\.ya?ml|add-(?:connect-url|server-addr)|NGROK_CONFIG/.test(text))
    return [];
  const offset = found.index + found[0].length - (found[1] as string).length;
  const remedy = `copy a configuration file into it: ${dialRemedy(doors, 'connect_url')}`;
  return [finding('no-connect-url', placeOf(offset), '', remedy)];
}
