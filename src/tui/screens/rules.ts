import { edited, type Field, fieldOf, fieldSpans, inserted } from '../edit.ts';
import { EMPTY_LINE, type Line, line, span, type Tone } from '../line.ts';
import { emptyList, type List, seen, withRowsKept } from '../list.ts';
import type { Context, Effect, Key, KeyHelp, Screen, ScreenEvent, Step } from '../screen.ts';
import type { AnswerTo, PolicyView, Text } from '../source.ts';
import { type Column, tableLines } from '../table.ts';
import { BESIDE_GAP, beside, fitted, isWide, listWidth, titleLine, wrapped } from './layout.ts';
import { movedBy } from './paging.ts';
import { asked, isEarly, type Seldom } from './seldom.ts';
import { daysSince } from './times.ts';

type Service = PolicyView['services'][number];
type FieldName = 'subject' | 'client';

type State = Seldom & {
  readonly policy: PolicyView | undefined;
  readonly failure: string | undefined;
  readonly services: List<Service>;
  readonly subject: Field;
  readonly client: Field;
  /** The field that is written in. */
  readonly typing: FieldName | undefined;
  /** What was said of the subject last; nothing where nothing is asked about. */
  readonly explained: readonly Text[];
  readonly complaint: string | undefined;
};

const KEYS: readonly KeyHelp[] = [
  { keys: 'enter', does: 'ask what a client gets for a name or an address', hint: 'explain' },
  { keys: 'tab', does: 'while asking: go to the client, and back' },
  { keys: 'escape', does: 'stop asking' },
];

function updated(state: State, event: ScreenEvent, context: Context): Step<State> {
  if (isEarly(state, event, context)) return [state];
  const next = asked(state, event, context.now);
  switch (event.kind) {
    case 'shown': {
      const about = event.about === undefined ? state : { ...next, subject: fieldOf(event.about) };
      const from = { ...about, askedAt: context.now };
      return [from, ASK_POLICY, ...askExplain(from)];
    }
    case 'changed':
      return [next, ASK_POLICY, ...askExplain(next)];
    case 'answered':
      return [answered(next, event)];
    case 'failed':
      if (event.question.kind === 'explain') return [{ ...next, complaint: event.message }];
      return [{ ...next, failure: event.message }];
    case 'key':
      return pressed(next, event.key, context);
    case 'click':
      return [next];
  }
}

const ASK_POLICY: Effect = { kind: 'ask', question: { kind: 'policy' } };

function askExplain({ subject, client }: State): readonly Effect[] {
  const question = {
    kind: 'explain',
    subject: subject.text.trim(),
    client: client.text.trim(),
  } as const;
  return question.subject === '' ? [] : [{ kind: 'ask', question }];
}

function answered(
  state: State,
  { question, answer }: Extract<ScreenEvent, { readonly kind: 'answered' }>,
): State {
  if (question.kind === 'policy') {
    const policy = answer as PolicyView;
    const services = withRowsKept(state.services, policy.services, true, ({ id }) => id);
    return { ...state, policy, services, failure: undefined };
  }
  // An answer about what was written before says nothing of what stands there now.
  const isOf =
    question.kind === 'explain' &&
    question.subject === state.subject.text.trim() &&
    question.client === state.client.text.trim();
  return isOf
    ? { ...state, explained: answer as AnswerTo<'explain'>, complaint: undefined }
    : state;
}

function pressed(state: State, key: Key, context: Context): Step<State> {
  if (state.typing !== undefined) return typed(state, state.typing, key);
  if (key.name === 'enter' || key.name === 'i') return [{ ...state, typing: 'subject' }];
  if (key.name === 'escape') return [cleared(state)];
  const services = movedBy(state.services, key, tableRoom(state, context));
  return [services ? { ...state, services } : state];
}

const cleared = (state: State): State => ({
  ...state,
  ...{ subject: fieldOf(''), explained: [], complaint: undefined },
});

function typed(state: State, name: FieldName, key: Key): Step<State> {
  switch (key.name) {
    case 'escape':
    case 'enter':
      return [{ ...state, typing: undefined }];
    case 'tab':
    case 'shift+tab':
    case 'down':
    case 'up':
      return [{ ...state, typing: name === 'subject' ? 'client' : 'subject' }];
  }
  const field = key.name === 'paste' ? inserted(state[name], key.text) : edited(state[name], key);
  if (!field) return [state];
  const next = { ...state, [name]: field };
  if (next.subject.text.trim() === '') return [{ ...next, explained: [], complaint: undefined }];
  return [next, ...askExplain(next)];
}

/** Lines above the table: what the policy is, its warnings, the two fields, and lines between. */
function headLines(state: State, context: Context): readonly Line[] {
  return [...policyLines(state, context), EMPTY_LINE, ...fieldLines(state, context), EMPTY_LINE];
}

function policyLines({ policy, failure }: State, { width, glyphs }: Context): readonly Line[] {
  const fault =
    failure === undefined
      ? []
      : failure.split('\n').flatMap((text) => wrapped(`${glyphs.bad} ${text}`, width, 'bad'));
  if (!policy) return failure === undefined ? [line(span('Reading it ...', 'dim'))] : fault;
  const { file, mode, rules, digest, ingress, warnings } = policy;
  const isObserving = mode === 'observe';
  return [
    ...(failure === undefined
      ? []
      : [...fault, line(span('What was read before is below.', 'dim'))]),
    line(
      span(file, 'strong'),
      span(
        isObserving ? ' observes: nothing is refused' : ' is enforced',
        isObserving ? 'warn' : 'plain',
      ),
      span(`, ${rules} rules, set ${digest.slice(0, 8)}`, 'dim'),
    ),
    line(
      ingress.length === 0
        ? span(`${glyphs.warn} No ingress of your own: there is no sanctioned way to offer`, 'warn')
        : span(
            `Sanctioned: ${ingress.map(({ domain, service }) => `${domain} (${service})`).join(', ')}`,
          ),
    ),
    ...warnings.slice(0, 2).map((text) => line(span(`${glyphs.warn} ${text}`, 'warn'))),
    ...(warnings.length > 2
      ? [line(span(`and ${warnings.length - 2} more warnings: tunnelwarden check`, 'dim'))]
      : []),
  ];
}

const LABEL = 8;

function fieldLines(state: State, { width, glyphs }: Context): readonly Line[] {
  const { typing } = state;
  const isQuiet = typing === undefined && state.subject.text === '';
  const field = (name: FieldName, label: string, hint: string): Line => {
    const value = state[name];
    if (typing === name) {
      return line(span(label.padEnd(LABEL), 'key'), ...fieldSpans(value, width - LABEL, glyphs));
    }
    return line(
      span(label.padEnd(LABEL), 'dim'),
      span(value.text === '' ? hint : value.text, value.text === '' ? 'dim' : 'plain'),
    );
  };
  return [
    field(
      'subject',
      'Explain',
      isQuiet ? 'enter asks what a client gets for a name or an address' : 'a name or an address',
    ),
    ...(isQuiet ? [] : [field('client', 'for', '127.0.0.1; tab writes another client')]),
  ];
}

const TONES: Readonly<Record<NonNullable<Text['tone']>, Tone>> = {
  ...{ dim: 'dim', strong: 'strong', good: 'good', warn: 'warn', bad: 'bad', note: 'note' },
};

function explainedLines(
  { explained, complaint }: State,
  { width, glyphs }: Context,
): readonly Line[] {
  if (complaint !== undefined) return wrapped(`${glyphs.bad} ${complaint}`, width, 'bad');
  return explained.flatMap(({ text, tone }) => {
    const indent = /^ */.exec(text)?.[0].length ?? 0;
    const room = Math.max(1, width - indent);
    return wrapped(text.slice(indent), room, tone ? TONES[tone] : 'plain').map((one) =>
      line(' '.repeat(indent), ...one.spans),
    );
  });
}

/** From here on a catalogue is old, in days. */
const OLD = 90;

const ACTIONS: Readonly<Record<string, Tone>> = { block: 'bad', watch: 'warn', allow: 'good' };

function columnsOf({ now }: Context): readonly Column<Service>[] {
  return [
    { title: 'SERVICE', text: ({ id }) => id, least: 14, most: 22 },
    { title: 'TITLE', text: ({ title }) => title, tone: () => 'dim', cut: 'end', least: 10 },
    {
      title: 'SESSIONS',
      text: ({ action }) => (action === '-' ? 'no rule' : action),
      tone: ({ action }) => ACTIONS[action] ?? 'dim',
      ...{ least: 8, most: 8 },
    },
    {
      title: 'NAMES',
      text: ({ names }) => String(names),
      align: 'right',
      ...{ least: 5, most: 5 },
    },
    {
      title: 'CHECKED',
      text: ({ checked }) => checked,
      tone: ({ checked }) => (daysSince(checked, now) > OLD ? 'warn' : 'dim'),
      ...{ least: 10, most: 10 },
    },
  ];
}

function tableRoom(state: State, context: Context): number {
  return Math.max(1, context.height - headLines(state, context).length - 2);
}

function tableOf(state: State, context: Context, width: number): readonly Line[] {
  if (!state.policy) return [];
  const { services } = state;
  const rows = seen(services, tableRoom(state, context));
  return [
    titleLine(`Catalogue: ${services.rows.length} services`, width, context.glyphs),
    ...tableLines(columnsOf(context), rows, services.at, { width, glyphs: context.glyphs }),
  ];
}

function view(state: State, context: Context): readonly Line[] {
  const head = headLines(state, context);
  const isExplaining = state.subject.text.trim() !== '';
  const width = context.width - BESIDE_GAP - listWidth(context);
  if (isWide(context)) {
    const right = isExplaining
      ? explainedLines(state, { ...context, width })
      : wrapped(
          'What a client gets, and which line of which file decides, stands here.',
          width,
          'dim',
        );
    const left = tableOf(state, context, listWidth(context));
    return fitted([...head, ...beside(left, right, listWidth(context), context)], context);
  }
  const below = isExplaining
    ? explainedLines(state, context)
    : tableOf(state, context, context.width);
  return fitted([...head, ...below], context);
}

/** What the policy says, and of what; asked about as one types. */
export const rulesScreen: Screen<State> = {
  id: 'rules',
  title: 'Rules',
  keys: KEYS,
  start: {
    ...{ askedAt: 0, policy: undefined, failure: undefined, services: emptyList<Service>() },
    ...{ subject: fieldOf(''), client: fieldOf(''), typing: undefined },
    ...{ explained: [], complaint: undefined },
  },
  update: updated,
  view,
  isTyping: ({ typing }) => typing !== undefined,
  copied: ({ explained, services }) => {
    if (explained.length > 0) {
      return { text: explained.map(({ text }) => `${text}\n`).join(''), what: 'the explanation' };
    }
    const service = services.rows[services.at];
    return service && { text: service.id, what: 'the service' };
  },
};
