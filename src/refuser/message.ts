import type { Notice } from './notice.ts';
import type { Words } from './words.ts';

/** A notice in words, each value in it already written as its medium wants it. */
export type Message = {
  readonly heading: string;
  readonly sentences: readonly string[];
  /** What a help desk will ask for: label and value. */
  readonly details: readonly (readonly [label: string, value: string])[];
};

/** What is filled into sentences. */
export type Value = 'organisation' | 'name' | 'service' | 'ways' | 'contact' | 'rule' | 'reason';
/** Writes one value for a medium: as it is, or escaped and marked up. */
export type Writer = (value: Value, text: string) => string;

export function messageOf(notice: Notice, words: Words, write: Writer): Message {
  const { organisation, name, service, rule, reason, ways, refused } = notice;
  const or = new Intl.ListFormat(words.tag, { type: 'disjunction' });
  const values: Partial<Record<Value, string>> = {
    organisation: write('organisation', organisation.name),
    ...(name === undefined ? {} : { name: write('name', name) }),
    ...(service === undefined ? {} : { service: write('service', service) }),
    ...(ways.length === 0 ? {} : { ways: or.format(ways.map((way) => write('ways', way))) }),
    ...(organisation.contact === undefined
      ? {}
      : { contact: write('contact', organisation.contact) }),
  };
  const fill = (sentence: string) =>
    sentence.replace(/\{(\w+)\}/g, (hole, value: Value) => values[value] ?? hole);
  const what = refused
    ? [name === undefined ? words.refusedUnnamed : words.refused, service && words.service]
    : [words.open];
  const sentences = [
    ...what,
    refused && words.calm,
    refused && ways.length > 0 && words.way,
    organisation.contact !== undefined && words.ask,
  ];
  const details: readonly (readonly [string, Value, string | undefined])[] = [
    [words.details.name, 'name', name],
    [words.details.service, 'service', service],
    [words.details.rule, 'rule', rule],
    [words.details.reason, 'reason', reason],
  ];
  return {
    heading: refused ? words.heading : words.tryAgain,
    sentences: sentences.filter((sentence) => typeof sentence === 'string').map(fill),
    details: details.flatMap(([label, value, text]) =>
      text === undefined ? [] : [[label, write(value, text)] as const],
    ),
  };
}
