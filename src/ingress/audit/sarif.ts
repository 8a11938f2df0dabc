import { isAbsolute, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Finding } from './finding.ts';
import { AUDIT_RULES } from './rules.ts';

/** A file or folder that was not looked into, and why. */
export type Skipped = { readonly path: string; readonly why: string };

/** A report as SARIF 2.1.0, which code hosts and editors show beside the lines it is about. */
export function sarifOf(
  findings: readonly Finding[],
  skipped: readonly Skipped[],
  version: string,
): unknown {
  const ids = Object.keys(AUDIT_RULES);
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'tunnelwarden',
            version,
            rules: Object.entries(AUDIT_RULES).map(([id, { severity, title, why }]) => ({
              id,
              shortDescription: { text: `The agent or program ${title}.` },
              fullDescription: { text: why },
              help: { text: why },
              defaultConfiguration: { level: severity },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: true,
            toolExecutionNotifications: skipped.map(({ path, why }) => ({
              level: 'note',
              message: { text: `not looked into: ${why}` },
              locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(path) } } }],
            })),
          },
        ],
        results: findings.map(({ rule, severity, place, message, remedy }) => ({
          ruleId: rule,
          ruleIndex: ids.indexOf(rule),
          level: severity,
          message: { text: `${message}. To do: ${remedy}.` },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: uriOf(place.file) },
                region: { startLine: place.line, startColumn: place.column },
              },
            },
          ],
        })),
      },
    ],
  };
}

/** A relative path stays relative, so that the report fits wherever the tree is checked out. */
function uriOf(path: string): string {
  if (isAbsolute(path)) return pathToFileURL(path).href;
  return path.split(sep).map(encodeURIComponent).join('/');
}
