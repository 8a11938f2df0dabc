import type { Doors } from './doors.ts';
import { type Finding, inOrder } from './finding.ts';
import { shellFindings } from './shell.ts';
import { languageOf, sourceFindings } from './source.ts';
import { yamlFindings } from './yaml-file.ts';

/** How a file is read, by its name; undefined for a file that is not looked into. */
export type FileKind = 'yaml' | 'source' | 'shell';

const YAML = /\.ya?ml$|(?:^|[/\\])\.ngrok2?$|ngrok\w*\.cfg$/i;
const SHELL =
  /\.(?:sh|bash|zsh|fish|ksh|ps1|psm1|bat|cmd|env|envrc|service|mk)$|(?:^|[/\\.])(?:docker|container)file(?:\.\w+)?$|(?:^|[/\\])(?:makefile|justfile|procfile|package\.json|\.env(?:\.[\w.-]+)?|\.envrc|\.bashrc|\.zshrc|\.profile|\.bash_profile)$/i;

export function kindOf(file: string): FileKind | undefined {
  if (YAML.test(file)) return 'yaml';
  if (SHELL.test(file)) return 'shell';
  return languageOf(file) ? 'source' : undefined;
}

/** Words of which at least one stands in every file that can have findings, in lower case. */
export const TELLTALES: Readonly<Record<FileKind, readonly string[]>> = {
  yaml: ['ngrok', 'authtoken', 'auth_token', 'connect_url', 'server_addr', 'serveraddr', 'rootcas'],
  source: ['ngrok'],
  shell: ['ngrok', 'ssh'],
};

/** What breaks the policy in one file, in the order one reads it. */
export function auditFile(doors: Doors, file: string, text: string): readonly Finding[] {
  const kind = kindOf(file);
  if (kind === 'yaml') return inOrder(bothWays(doors, file, text));
  if (kind === 'shell') return inOrder(shellFindings(doors, file, text));
  const language = languageOf(file);
  return language ? inOrder(sourceFindings(doors, file, text, language)) : [];
}

/** Pipelines hold commands in their YAML. */
function bothWays(doors: Doors, file: string, text: string): readonly Finding[] {
  const isPipeline = /^[ \t]*(?:-[ \t]*)?(?:run|script|command|before_script):/m.test(text);
  const hasImage = /\bimage:\s/.test(text);
  return [
    ...yamlFindings(doors, file, text),
    ...(isPipeline && !hasImage ? shellFindings(doors, file, text) : []),
  ];
}
