import { forTerminal } from '../../text.ts';
import { adviceOf } from '../advice.ts';
import type { Delegation } from '../records.ts';
import { type Format, textOf } from './format.ts';
import { masterRecords } from './master.ts';

export const tableFormat: Format = {
  id: 'table',
  title: 'table, for people and web forms',
  use: 'Enter it by hand; many forms want the name without the zone, and no final dots.',
  print: ({ organisation, delegations }) => [
    {
      path: 'ingress.txt',
      text: textOf([
        forTerminal(`Records for the custom ingress of ${organisation}`),
        ...delegations.flatMap(linesFor),
      ]),
    },
  ],
};

const HEAD = ['name', 'type', 'TTL', 'value'] as const;

function linesFor(delegation: Delegation): readonly string[] {
  const { domain, zone, child } = delegation;
  const rows = [
    HEAD,
    ...masterRecords(delegation).map(({ type, ttl, data }) => [child, type, `${ttl}`, data]),
  ];
  const widths = HEAD.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return [
    '',
    `${domain}, in the zone ${zone}:`,
    '',
    ...rows.map((row) =>
      `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd(),
    ),
    '',
    ...adviceOf(delegation).map((line) => `- ${line}`),
  ];
}
