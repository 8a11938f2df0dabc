import type { AgentSettings } from './settings.ts';

/** A way to write the settings: for one kind of agent, or for what stands between it and the ingress. */
export type AgentFormat = {
  readonly id: string;
  readonly title: string;
  /** The file's name where it has to have one, and in a folder of all. */
  readonly path: string;
  /** What a comment begins with. */
  readonly mark: '#' | '//';
  /** What a reader of this file has to know, a sentence or two each. */
  readonly notes: (settings: AgentSettings) => readonly string[];
  readonly lines: (settings: AgentSettings) => readonly string[];
};

/** Comments are broken here. */
const WIDTH = 90;

/** The whole file. No dates, so that an unchanged policy gives an unchanged file. */
export function printAgentFormat(format: AgentFormat, settings: AgentSettings): string {
  const { organisation, contact, server } = settings;
  const { title, mark, notes, lines } = format;
  const head = [
    // Python takes a coding from its first two lines, so nothing of a stranger's stands there.
    `tunnelwarden: ${title}.`,
    'Made by `tunnelwarden ingress agent-config`; change the policy, not this file.',
    `The sanctioned way in of ${organisation} is ${server}.`,
    ...(contact === undefined ? [] : [`Questions: ${contact}`]),
  ];
  const comments = [...head, ...notes(settings)].flatMap((text) => folded(text));
  return `${[...comments.map((line) => `${mark} ${line}`), '', ...lines(settings)].join('\n')}\n`;
}

function folded(text: string): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
