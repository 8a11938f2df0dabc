import { createTable } from '../attempts/table.ts';
import type { State, Walked } from '../closure/walk.ts';
import type { TunnelService } from '../policy/service.ts';
import { forTerminal } from '../text.ts';
import { wrap } from './output.ts';

/** A service and what becomes of each step of its agents. */
export type Chain = { readonly service: TunnelService; readonly steps: readonly Walked[] };

export type Shown = {
  readonly backend: string;
  readonly client: string;
  /** True for a service that is shown step by step; the others get a line each. */
  readonly isNamed: (id: string) => boolean;
  readonly hasLan: boolean;
};

const WIDTH = 80;

/** The tables, and the sum of it all as the last line. */
export function closureText(chains: readonly Chain[], shown: Shown): string {
  const named = chains.filter(({ service }) => shown.isNamed(service.id));
  const others = chains.filter(({ service }) => !shown.isNamed(service.id));
  const lines = [
    ...wrap(heading(shown), WIDTH),
    ...named.flatMap((chain) => ['', ...tableOf(chain)]),
    ...(others.length === 0 ? [] : ['', 'The others (--service ID shows the steps):']),
    ...others.flatMap(lineOf),
    '',
    ...wrap(sumOf(chains), WIDTH),
  ];
  return `${lines.join('\n')}\n`;
}

function heading({ backend, client, hasLan }: Shown): string {
  const filter = backend === 'none' ? 'no packet filter' : `the ${backend} rule set of this policy`;
  const lan = hasLan ? '' : ' It has no firewall.lan yet, so no rule set can be made of it.';
  return `For ${client}, through the resolver and ${filter}.${lan}`;
}

function tableOf({ service, steps }: Chain): readonly string[] {
  const notes = [...new Set(steps.map(noteOf))].filter((note) => note !== '');
  const markOf = (step: Walked) => {
    const note = notes.indexOf(noteOf(step));
    return note < 0 ? byText(step) : `see ${note + 1}`;
  };
  const table = createTable<Walked>(
    [
      { title: 'STEP', text: ({ id }) => id },
      { title: 'STATE', text: ({ state }) => state },
      { title: 'BY', text: markOf, least: 20 },
    ],
    { width: WIDTH - 2, colour: false },
  );
  return [
    `${service.title} (${service.id})`,
    ...table(steps).map((row) => `  ${row}`),
    ...notes.flatMap((note, i) => indented(`${i + 1}. ${note}`)),
    ...unlistedOf(steps),
  ];
}

/** `packet filter TW-DNS`, or for several `gate ngrok/session/tunnel.ngrok.com and 2 more`. */
function byText({ by }: Walked): string {
  const [first] = by;
  if (!first) return '';
  const more = by.length === 1 ? '' : ` and ${by.length - 1} more`;
  return `${first.where} ${first.rule}${more}`;
}

/** Why a step gets through and what would close it; many steps have this in common. */
function noteOf({ why, remedy, collateral, state }: Walked): string {
  if (why === undefined) return '';
  const verb = state === 'unknown' ? 'To know' : 'To close it';
  return [
    sentence(why),
    ...(remedy === undefined ? [] : [sentence(`${verb}: ${remedy}`)]),
    ...(collateral === undefined ? [] : [sentence(`That also closes ${collateral}`)]),
  ].join(' ');
}

/** A name at the beginning keeps its small letters. */
function sentence(text: string): string {
  const isName = /^[^ ]*[.`]/.test(text);
  return `${isName ? text : `${text.charAt(0).toUpperCase()}${text.slice(1)}`}.`;
}

function indented(text: string): readonly string[] {
  return wrap(forTerminal(text), WIDTH - 4).map((line) => `  ${line}`);
}

/** Names that no step could be walked for. */
function unlistedOf(steps: readonly Walked[]): readonly string[] {
  const names = [...new Set(steps.flatMap(({ unlisted }) => unlisted))];
  if (names.length === 0) return [];
  return indented(`Not in the address book, so not walked: ${someOf(names)}.`);
}

/** Of many services only what is open is told by step. */
function lineOf({ service, steps }: Chain): readonly string[] {
  const { closed, total, beyond, unknown } = countsOf(steps);
  const rest = [
    ...(beyond === 0 ? [] : [`${beyond} beyond`]),
    ...(unknown === 0 ? [] : [`${unknown} unknown`]),
  ];
  const told = rest.length === 0 ? '' : `, ${rest.join(', ')}`;
  return indented(`${service.id}: ${closed} of ${total} closed${told}${restOf(steps, ['open'])}`);
}

function sumOf(chains: readonly Chain[]): string {
  const steps = chains.flatMap(({ steps }) => steps);
  const { closed, total } = countsOf(steps);
  const isAlone = chains.length === 1;
  const text = isAlone
    ? restOf(steps)
    : STATES.flatMap((state) => {
        const ids = chains.flatMap(({ service, steps }) => {
          const count = steps.filter((step) => step.state === state).length;
          return count === 0 ? [] : [`${service.id} ${count}`];
        });
        return ids.length === 0 ? [] : [`; ${state}: ${someOf(ids)}`];
      }).join('');
  return `${closed} of ${total} steps closed${text}.`;
}

/** What is not closed, by state. */
const STATES: readonly State[] = ['open', 'beyond', 'unknown'];

function restOf(steps: readonly Walked[], states: readonly State[] = STATES): string {
  return states
    .flatMap((state) => {
      const ids = steps.flatMap((step) => (step.state === state ? [step.id] : []));
      return ids.length === 0 ? [] : [`; ${state}: ${ids.join(', ')}`];
    })
    .join('');
}

export function countsOf(steps: readonly Walked[]) {
  const count = (state: State) => steps.filter((step) => step.state === state).length;
  return {
    total: steps.length,
    ...{ closed: count('closed'), open: count('open') },
    ...{ beyond: count('beyond'), unknown: count('unknown') },
  };
}

function someOf(texts: readonly string[]): string {
  const first = texts.slice(0, 3).join(', ');
  return texts.length <= 3 ? first : `${first} and ${texts.length - 3} more`;
}
