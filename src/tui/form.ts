import {
  parseExceptionClients,
  parseExceptionDuration,
  parseExceptionReason,
} from '../policy/exception-text.ts';
import { parsePattern } from '../policy/pattern.ts';
import { ParseError } from '../policy/problem.ts';
import { edited, type Field, fieldOf, inserted } from './edit.ts';
import type { Dialog, Key } from './screen.ts';
import type { Action } from './source.ts';

/** What a person answers before something is done: a dialog with what was written into it so far. */
export type Form = NoteForm | ConfirmForm | ExceptionForm;

type Common = {
  readonly kind: 'form';
  /** The action is under way. */
  readonly isSent: boolean;
  /** What is wrong with what was written, or why it was not done. */
  readonly problem?: string | undefined;
};

export type NoteForm = Common & {
  readonly asks: 'note';
  readonly title: string;
  readonly action: Extract<Action, { readonly note?: string }>;
  readonly field: Field;
};

export type ConfirmForm = Common & {
  readonly asks: 'confirm';
  readonly title: string;
  readonly action: Action;
};

export const EXCEPTION_FIELDS = ['subject', 'clients', 'duration', 'reason'] as const;
export type ExceptionField = (typeof EXCEPTION_FIELDS)[number];

export type ExceptionForm = Common & {
  readonly asks: 'exception';
  readonly fields: Readonly<Record<ExceptionField, Field>>;
  readonly at: ExceptionField;
  /** Everything is written, and what it means is shown. */
  readonly isReviewed: boolean;
  readonly incident?: number;
};

export const DURATIONS = ['15m', '1h', '4h', '1d', '7d'] as const;

/** What comes of a key: the form goes on, is left, or asks for its action. */
export type FormStep =
  | { readonly kind: 'on'; readonly form: Form }
  | { readonly kind: 'left' }
  | { readonly kind: 'act'; readonly form: Form; readonly action: Action };

export function formOf(dialog: Dialog): Form {
  const common = { kind: 'form', isSent: false } as const;
  switch (dialog.kind) {
    case 'note': {
      const { title, action } = dialog;
      return { ...common, asks: 'note', title, action, field: fieldOf(action.note ?? '') };
    }
    case 'confirm':
      return { ...common, asks: 'confirm', title: dialog.title, action: dialog.action };
    case 'exception': {
      const { subject, clients, incident } = dialog;
      return {
        ...common,
        asks: 'exception',
        fields: {
          subject: fieldOf(subject),
          clients: fieldOf(clients),
          duration: fieldOf('1h'),
          reason: fieldOf(''),
        },
        at: subject === '' ? 'subject' : clients === '' ? 'clients' : 'duration',
        isReviewed: false,
        ...(incident === undefined ? {} : { incident }),
      };
    }
  }
}

export function formKey(form: Form, key: Key): FormStep {
  if (form.asks === 'exception') return exceptionKey(form, key);
  if (key.name === 'escape' || key.name === 'ctrl+c') return { kind: 'left' };
  // What is under way cannot be asked for again; its answer closes the form.
  if (form.isSent) return { kind: 'on', form };
  return form.asks === 'note' ? noteKey(form, key) : confirmKey(form, key);
}

function noteKey(form: NoteForm, key: Key): FormStep {
  if (key.name === 'enter') {
    const { note: _, ...action } = form.action;
    const note = form.field.text.trim();
    return sent(form, note === '' ? action : { ...action, note });
  }
  const field = edited(form.field, key);
  return { kind: 'on', form: field ? { ...form, field, problem: undefined } : form };
}

function confirmKey(form: ConfirmForm, key: Key): FormStep {
  switch (key.name) {
    case 'enter':
    case 'y':
      return sent(form, form.action);
    case 'n':
    case 'q':
      return { kind: 'left' };
    default:
      return { kind: 'on', form };
  }
}

function exceptionKey(form: ExceptionForm, key: Key): FormStep {
  if (key.name === 'ctrl+c') return { kind: 'left' };
  if (form.isReviewed) return reviewKey(form, key);
  if (key.name === 'escape') return { kind: 'left' };
  const place = EXCEPTION_FIELDS.indexOf(form.at);
  switch (key.name) {
    case 'tab':
    case 'down':
      return { kind: 'on', form: at(form, place + 1) };
    case 'shift+tab':
    case 'up':
      return { kind: 'on', form: at(form, place - 1) };
    case 'enter':
      return { kind: 'on', form: entered(form, place) };
    case 'left':
    case 'right':
      if (form.at === 'duration') return { kind: 'on', form: chosen(form, key.name) };
  }
  const field = edited(form.fields[form.at], key);
  return { kind: 'on', form: field ? withField(form, field) : form };
}

function reviewKey(form: ExceptionForm, key: Key): FormStep {
  if (key.name === 'escape') {
    return { kind: 'on', form: { ...form, isReviewed: false, isSent: false } };
  }
  if (form.isSent || (key.name !== 'enter' && key.name !== 'y')) return { kind: 'on', form };
  const { subject, clients, duration, reason } = valuesOf(form);
  const { incident } = form;
  return sent(form, {
    kind: 'except',
    ...{ subject, clients, duration, reason },
    ...(incident === undefined ? {} : { incident }),
  });
}

/** Enter goes on to the next field, and from the last to what is wrong or to the review. */
function entered(form: ExceptionForm, place: number): ExceptionForm {
  if (place < EXCEPTION_FIELDS.length - 1) {
    const problem = problemOf(form, form.at);
    return problem === undefined ? at(form, place + 1) : { ...form, problem };
  }
  const wrong = EXCEPTION_FIELDS.find((field) => problemOf(form, field) !== undefined);
  return wrong === undefined
    ? { ...form, isReviewed: true, problem: undefined }
    : { ...form, at: wrong, problem: problemOf(form, wrong) };
}

function at(form: ExceptionForm, place: number): ExceptionForm {
  const count = EXCEPTION_FIELDS.length;
  const field = EXCEPTION_FIELDS[(place + count) % count] as ExceptionField;
  return { ...form, at: field, problem: undefined };
}

function chosen(form: ExceptionForm, direction: 'left' | 'right'): ExceptionForm {
  const { text } = form.fields.duration;
  const known = (DURATIONS as readonly string[]).indexOf(text.trim());
  const next = known < 0 ? 1 : known + (direction === 'right' ? 1 : -1);
  const bounded = Math.max(0, Math.min(DURATIONS.length - 1, next));
  return withField(form, fieldOf(DURATIONS[bounded] as string));
}

function withField(form: ExceptionForm, field: Field): ExceptionForm {
  return { ...form, fields: { ...form.fields, [form.at]: field }, problem: undefined };
}

export function formPaste(form: Form, text: string): Form {
  if (form.isSent || form.asks === 'confirm') return form;
  if (form.asks === 'note') return { ...form, field: inserted(form.field, text) };
  return form.isReviewed ? form : withField(form, inserted(form.fields[form.at], text));
}

function sent(form: Form, action: Action): FormStep {
  return { kind: 'act', form: { ...form, isSent: true, problem: undefined }, action };
}

/** The form whose action was not done: what was written is not lost. */
export function formRefused(form: Form, message: string): Form {
  const refused = { ...form, isSent: false, problem: message };
  return refused.asks === 'exception' ? { ...refused, isReviewed: false } : refused;
}

export function valuesOf({ fields }: ExceptionForm): Readonly<Record<ExceptionField, string>> {
  return {
    subject: fields.subject.text.trim(),
    clients: fields.clients.text.trim(),
    duration: fields.duration.text.trim(),
    reason: fields.reason.text.trim(),
  };
}

/** What is wrong with a field, as a sentence. Whether a word is a service's id, only who makes the exception knows. */
export function problemOf(form: ExceptionForm, field: ExceptionField): string | undefined {
  const { [field]: text } = valuesOf(form);
  try {
    switch (field) {
      case 'subject':
        if (text === '') return 'Say what shall be allowed: a name, or the id of a service.';
        parsePattern(text);
        return undefined;
      case 'clients':
        if (text === '') return 'Say who may: addresses, networks, or everyone.';
        parseExceptionClients(text);
        return undefined;
      case 'duration':
        parseExceptionDuration(text);
        return undefined;
      case 'reason':
        parseExceptionReason(text);
        return undefined;
    }
  } catch (error) {
    if (error instanceof ParseError) return error.message;
    throw error;
  }
}
