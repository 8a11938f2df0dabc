import { forTerminal } from '../text.ts';
import { type Report, triesOf } from './report.ts';

/** The report as one page that needs nothing else: no script, no font, no picture from elsewhere. */
export function htmlOf(report: Report): string {
  const { title, period, made, summary, isEmpty, caveats } = report;
  const body = [
    `<header><h1>${escaped(title)}</h1><p class="when">${escaped(period)} · made ${escaped(made)} by tunnelwarden</p></header>`,
    `<p class="lead">${summary.map(escaped).join(' ')}</p>`,
    isEmpty
      ? '<p>Let clients use the resolver that <code>tunnelwarden serve</code> runs, or choose an earlier <code>--since</code>.</p>'
      : sections(report),
    caveats.length === 0
      ? ''
      : section(
          'What this cannot tell',
          `<ul>${caveats.map((text) => `<li>${escaped(text)}</li>`).join('')}</ul>`,
        ),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}, ${escaped(period)}</title>
<style>${STYLE}</style>
</head>
<body><main>
${body.filter((part) => part !== '').join('\n')}
</main></body>
</html>
`;
}

function sections(report: Report): string {
  const { days, severities, states, teams, services, clients, sanctioned, exceptions, steps } =
    report;
  const moved = sanctioned.moved.map((client) => `<li>${escaped(client)}</li>`).join('');
  return [
    section('Day by day', chartOf(days)),
    section(
      'Incidents',
      `<div class="pair">${table(
        ['Severity', 'All', 'Wait for a look'],
        severities.map(({ severity, all, open }) => [severity, all, open]),
      )}${table(
        ['State', 'All'],
        states.map(({ state, all }) => [state, all]),
      )}</div>`,
    ),
    section(
      'By team',
      table(
        ['Team', 'Clients', 'Incidents', 'Attempts'],
        teams.map(({ team, clients, incidents, attempts }) => [team, clients, incidents, attempts]),
      ),
    ),
    section(
      'By service',
      table(
        ['Service', 'Clients', 'Refused', 'Let through', 'Excepted'],
        services.map((row) => [row.service, row.clients, row.refused, row.passed, row.excepted]),
      ),
    ),
    section(
      'Clients that tried most',
      table(
        ['Client', 'Team', 'Services', 'Attempts', 'Open incidents'],
        clients.map((row) => [row.client, row.team, row.services, row.attempts, row.open]),
      ),
    ),
    section(
      'The sanctioned way',
      `<p>${sanctioned.clients} clients used it, ${sanctioned.attempts} times. ${sanctioned.moved.length} moved over to it; ${sanctioned.both} use it and are refused elsewhere still.</p>${moved === '' ? '' : `<ul>${moved}</ul>`}`,
    ),
    section(
      'Exceptions',
      exceptions.length === 0
        ? '<p>None in this time.</p>'
        : table(
            ['Allows', 'For', 'By', 'Why', 'End'],
            exceptions.map((row) => [row.allows, row.clients, row.author, row.reason, row.end]),
          ),
    ),
    steps
      ? section(
          'Ways that are open',
          steps.length === 0
            ? '<p>None that the policy means to close.</p>'
            : table(
                ['Service', 'Step', 'Why', 'To do'],
                steps.map((step) => [step.service, step.step, step.why, step.remedy ?? '']),
              ),
        )
      : '',
  ].join('\n');
}

function section(title: string, content: string): string {
  return `<section><h2>${title}</h2>\n${content}</section>`;
}

/** A row a day; the bars say nothing that the figures beside them do not. */
function chartOf(days: Report['days']): string {
  const most = Math.max(1, ...days.map((day) => triesOf(day)));
  const part = (name: string, value: number) =>
    value === 0
      ? ''
      : `<i class="${name}" style="width:${((100 * value) / most).toFixed(2)}%"></i>`;
  const rows = days.map((day) => {
    const bar =
      part('refused', day.refused) + part('passed', day.passed) + part('excepted', day.excepted);
    const figures = [day.refused, day.passed, day.excepted, day.sanctioned];
    return `<tr><th scope="row">${escaped(day.day)}</th>${figures.map((value) => `<td class="n">${value}</td>`).join('')}<td class="bar" aria-hidden="true">${bar}</td></tr>`;
  });
  return `<table class="days"><thead><tr><th scope="col">Day</th>${['Refused', 'Let through', 'Excepted', 'Sanctioned'].map((name, i) => `<th scope="col" class="n ${['refused', 'passed', 'excepted', 'sanctioned'][i]}">${name}</th>`).join('')}<td class="bar"></td></tr></thead><tbody>${rows.join('\n')}</tbody></table>`;
}

function table(titles: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  if (rows.length === 0) return '<p>Nothing.</p>';
  const isNumber = titles.map((_, i) => rows.every((row) => typeof row[i] === 'number'));
  const classOf = (i: number) => (isNumber[i] ? ' class="n"' : '');
  const head = titles.map((title, i) => `<th scope="col"${classOf(i)}>${title}</th>`).join('');
  const body = rows.map((row) => {
    const cells = row.map((cell, i) => {
      const text = escaped(String(cell));
      return i === 0 ? `<th scope="row">${text}</th>` : `<td${classOf(i)}>${text}</td>`;
    });
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;', "'": '&#39;' },
};

function escaped(text: string): string {
  return forTerminal(text).replace(/[<>&"']/g, (char) => ENTITIES[char] as string);
}

const STYLE = `
:root{--ink:#1c2430;--dim:#5b6675;--line:#d9dee6;--paper:#fff;--refused:#2f6db5;--passed:#d9822b;--excepted:#8a6fc1;--sanctioned:#2c8a6b}
@media (prefers-color-scheme:dark){:root{--ink:#e4e8ee;--dim:#9aa5b4;--line:#333c49;--paper:#14181e;--refused:#6ba6ea;--passed:#f0a35a;--excepted:#b39be6;--sanctioned:#5cc3a0}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:60rem;margin:0 auto;padding:2rem 1.25rem 4rem}
h1{font-size:1.9rem;line-height:1.2;margin:0}
h2{font-size:1.15rem;margin:2.5rem 0 .6rem;padding-bottom:.25rem;border-bottom:1px solid var(--line)}
.when{color:var(--dim);margin:.3rem 0 1.5rem}
.lead{font-size:1.1rem}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
thead th{color:var(--dim);font-weight:600;font-size:.85rem}
tbody th{font-weight:500}
.n{text-align:right;white-space:nowrap}
.wide{overflow-x:auto}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(16rem,1fr));gap:0 3rem}
.days tbody th{white-space:nowrap}
.days .bar{width:45%;white-space:nowrap;font-size:0;vertical-align:middle}
.bar i{display:inline-block;height:.8rem;background:var(--refused)}
.bar .passed{background:var(--passed)}
.bar .excepted{background:var(--excepted)}
thead .refused{color:var(--refused)}
thead .passed{color:var(--passed)}
thead .excepted{color:var(--excepted)}
thead .sanctioned{color:var(--sanctioned)}
@media (max-width:40rem){.days .bar{display:none}th,td{padding-right:.5rem}}
@media print{:root{--ink:#000;--dim:#444;--line:#bbb;--paper:#fff}main{padding:0;max-width:none}section{break-inside:avoid-page}.bar i{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;
