import { forTerminal } from '../text.ts';
import { type Report, triesOf } from './report.ts';

/** The report as Markdown (CommonMark with tables), for a wiki or a mail. */
export function markdownOf(report: Report): string {
  const { title, period, made, summary, isEmpty } = report;
  const lines = [
    `# ${escaped(title)}`,
    '',
    `${escaped(period)}. Made ${escaped(made)} by tunnelwarden.`,
    '',
    ...summary.map(escaped),
    ...(isEmpty ? ['', ...EMPTY] : ['', ...sections(report)]),
    ...section('What this cannot tell', listOf(report.caveats.map(escaped))),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

const EMPTY = [
  'Let clients use the resolver that `tunnelwarden serve` runs, or choose an earlier `--since`.',
];

function sections(report: Report): readonly string[] {
  const { days, severities, states, teams, services, clients, sanctioned, exceptions, steps } =
    report;
  return [
    ...section(
      'Day by day',
      table(
        ['Day', 'Refused', 'Let through', 'Excepted', 'Sanctioned', ''],
        days.map((day) => [
          ...[day.day, day.refused, day.passed, day.excepted, day.sanctioned],
          barOf(triesOf(day), Math.max(...days.map(triesOf))),
        ]),
      ),
    ),
    ...section('Incidents', [
      ...table(
        ['Severity', 'All', 'Wait for a look'],
        severities.map(({ severity, all, open }) => [severity, all, open]),
      ),
      '',
      ...table(
        ['State', 'All'],
        states.map(({ state, all }) => [state, all]),
      ),
    ]),
    ...section(
      'By team',
      table(
        ['Team', 'Clients', 'Incidents', 'Attempts'],
        teams.map(({ team, clients, incidents, attempts }) => [team, clients, incidents, attempts]),
      ),
    ),
    ...section(
      'By service',
      table(
        ['Service', 'Clients', 'Refused', 'Let through', 'Excepted'],
        services.map((row) => [row.service, row.clients, row.refused, row.passed, row.excepted]),
      ),
    ),
    ...section(
      'Clients that tried most',
      table(
        ['Client', 'Team', 'Services', 'Attempts', 'Open incidents'],
        clients.map((row) => [row.client, row.team, row.services, row.attempts, row.open]),
      ),
    ),
    ...section('The sanctioned way', [
      `${sanctioned.clients} clients used it, ${sanctioned.attempts} times. ${sanctioned.moved.length} moved over to it; ${sanctioned.both} use it and are refused elsewhere still.`,
      ...(sanctioned.moved.length > 0 ? ['', ...listOf(sanctioned.moved.map(escaped))] : []),
    ]),
    ...section(
      'Exceptions',
      exceptions.length === 0
        ? ['None in this time.']
        : table(
            ['Allows', 'For', 'By', 'Why', 'End'],
            exceptions.map((row) => [row.allows, row.clients, row.author, row.reason, row.end]),
          ),
    ),
    ...(steps
      ? section(
          'Ways that are open',
          steps.length === 0
            ? ['None that the policy means to close.']
            : table(
                ['Service', 'Step', 'Why', 'To do'],
                steps.map((step) => [step.service, step.step, step.why, step.remedy ?? '']),
              ),
        )
      : []),
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`## ${title}`, '', ...lines, ''];
}

const listOf = (texts: readonly string[]) => texts.map((text) => `- ${text}`);

function table(
  titles: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): readonly string[] {
  if (rows.length === 0) return ['Nothing.'];
  const isNumber = titles.map((_, i) => rows.every((row) => typeof row[i] === 'number'));
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(titles),
    line(isNumber.map((right) => (right ? '---:' : '---'))),
    ...rows.map((row) => line(row.map((cell) => escaped(String(cell))))),
  ];
}

function barOf(value: number, most: number): string {
  return '█'.repeat(most === 0 ? 0 : Math.ceil((20 * value) / most));
}

/** Text in which no character means anything to Markdown, HTML or a terminal. */
function escaped(text: string): string {
  return forTerminal(text).replace(/[\\`*_{}[\]<>()#+!|~&]/g, (char) =>
    char === '<' || char === '>' || char === '&' ? (ENTITIES[char] as string) : `\\${char}`,
  );
}

const ENTITIES: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;' };
