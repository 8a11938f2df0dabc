import { parseSearch } from './parse.ts';
import type { ClientValue, NameValue, Search, Term } from './search.ts';
import { NO_SERVICE } from './values.ts';
import { inQuotes, quoted } from './words.ts';

/** The search as it is written; read at the same time, it is the same again. */
export function formatSearch({ terms }: Search): string {
  return terms.map(formatTerm).join(' ');
}

function formatTerm(term: Term): string {
  const values = writtenValues(term);
  const sign = term.negated ? '-' : '';
  if (term.field !== 'text') return `${sign}${term.field}:${values.map(quoted).join(',')}`;
  return `${sign}${isPlain(values) ? values.join(',') : values.map(inQuotes).join(',')}`;
}

/** True where the words by themselves are read as nothing but text. */
function isPlain(values: readonly string[]): boolean {
  if (values.some((value) => quoted(value) !== value || value.startsWith('-'))) return false;
  try {
    const { terms } = parseSearch(values.join(','), 0);
    return terms.length === 1 && terms[0]?.field === 'text';
  } catch {
    return false;
  }
}

function writtenValues(term: Term): readonly string[] {
  switch (term.field) {
    case 'client':
      return term.values.map(writtenClient);
    case 'name':
      return term.values.map(writtenName);
    case 'service':
      return term.values.map((service) => service ?? NO_SERVICE);
    case 'destination':
      return term.values.map(({ text }) => text);
    case 'since':
    case 'until':
      return term.values.map(({ written }) => written);
    case 'id':
      return term.values.map(String);
    default:
      return term.values;
  }
}

const writtenClient = (client: ClientValue) =>
  client.kind === 'network' ? client.network.text : client.text;

const writtenName = ({ name, scope }: NameValue) => (scope === 'exact' ? `=${name}` : name);
