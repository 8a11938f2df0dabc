import { ParseError } from '../../policy/problem.ts';
import type { Filter } from '../filter.ts';
import type { IncidentFilter } from '../incident/filter.ts';
import { parseSearch } from './parse.ts';
import { NOBODY, type People } from './people.ts';
import type { ClientValue, Search, Term } from './search.ts';

/** What can be searched. Clients are found by their incidents. */
export type Searched = 'attempts' | 'incidents' | 'clients';

/**
 * The attempts that a search means. Those of the sanctioned way are left out where it does not ask for a
 * verdict or a row. Throws ParseError where a term is no attempt's.
 */
export function attemptFilterOf({ terms }: Search, people: People): Filter {
  const parts = terms.map((term) => ({ term, filters: attemptFilters(term, people) }));
  const isOpen = terms.some(
    ({ field, negated }) => (field === 'verdict' || field === 'id') && !negated,
  );
  const times = (field: 'since' | 'until') =>
    terms.flatMap((term) =>
      term.field === field && !term.negated ? term.values.map(({ time }) => time) : [],
    );
  const since = times('since');
  const until = times('until');
  return {
    ...(isOpen ? {} : { unsanctioned: true }),
    ...(since.length === 0 ? {} : { since: Math.max(...since) }),
    ...(until.length === 0 ? {} : { until: Math.min(...until) }),
    either: parts
      .filter(({ term }) => !term.negated && term.field !== 'since' && term.field !== 'until')
      .map(({ filters }) => filters),
    not: parts.flatMap(({ term, filters }) => (term.negated ? filters : [])),
  };
}

/** What one value after the other asks for, of which one has to apply. */
function attemptFilters(term: Term, people: People): readonly Filter[] {
  switch (term.field) {
    case 'client':
      return term.values.map((value) => ofClient(value, people));
    case 'team':
    case 'person': {
      const { field } = term;
      return term.values.map((value) => ({ clients: people.of(field, value) }));
    }
    case 'text':
      return term.values.flatMap((value) => [
        { nameHolds: value.toLowerCase() },
        { clients: people.knownAs(value) },
        { serviceHolds: value.toLowerCase() },
      ]);
    case 'name':
      return term.values.map((name) => ({ name }));
    case 'service':
      return term.values.map((service) =>
        service === undefined ? { noService: true } : { service },
      );
    case 'rule':
      return term.values.map((rule) => ({ rule }));
    case 'role':
      return term.values.map((role) => ({ role }));
    case 'verdict':
      return term.values.map((verdict) => ({ verdict }));
    case 'type':
      return term.values.map((type) => ({ type }));
    case 'point':
      return term.values.map((point) => ({ point }));
    case 'destination':
      return term.values.map((destination) => ({ destination }));
    case 'ja4':
      return term.values.map((ja4) => ({ ja4 }));
    case 'since':
      return term.values.map(({ time }) => ({ since: time }));
    case 'until':
      return term.values.map(({ time }) => ({ until: time }));
    case 'id':
      return [{ ids: term.values }];
    case 'state':
    case 'severity':
    case 'way':
      throw new ParseError(
        `${term.field} is asked of incidents, and no attempt has one; leave it out here`,
      );
  }
}

/** The incidents that a search means. Throws ParseError where a term is no incident's. */
export function incidentFilterOf({ terms }: Search, people: People): IncidentFilter {
  const parts = terms.map((term) => ({ term, filters: incidentFilters(term, people) }));
  const isLoose = terms.some(
    (term) => term.field === 'service' && !term.negated && term.values.includes(undefined),
  );
  const filter: IncidentFilter = {
    ...(isLoose ? { loose: true } : {}),
    not: parts.flatMap(({ term, filters }) => {
      // One of them applies where it is not so that none of them does.
      return term.negated ? filters : [{ not: filters }];
    }),
  };
  const clients = parts.flatMap(({ term, filters }) =>
    term.negated || filters.length !== 1 ? [] : filters,
  );
  // Said where it is looked for as well, so that the incidents of one client are found by it.
  const narrow = clients.find(({ client, clients }) => client ?? clients);
  return { ...narrow, ...filter };
}

function incidentFilters(term: Term, people: People): readonly IncidentFilter[] {
  switch (term.field) {
    case 'client':
      return term.values.map((value) => ofClient(value, people));
    case 'team':
    case 'person': {
      const { field } = term;
      return term.values.map((value) => ({ clients: people.of(field, value) }));
    }
    case 'text':
      return term.values.flatMap((value) => [
        { clients: people.knownAs(value) },
        { serviceHolds: value.toLowerCase() },
      ]);
    case 'service':
      return term.values.map((service) => ({ service: service ?? '' }));
    case 'state':
      return [{ states: term.values }];
    case 'severity':
      return [{ severities: term.values }];
    case 'way':
      return [{ ways: term.values }];
    case 'since':
      return term.values.map(({ time }) => ({ since: time }));
    case 'until':
      return term.values.map(({ time }) => ({ until: time }));
    case 'id':
      return [{ ids: term.values }];
    default:
      throw new ParseError(
        `${term.field} is asked of attempts, and incidents hold those of several; leave it out here`,
      );
  }
}

function ofClient(value: ClientValue, people: People) {
  return value.kind === 'network'
    ? { client: value.network }
    : { clients: people.knownAs(value.text) };
}

/** What is wrong with a search of these, as a sentence; undefined where nothing is. */
export function problemOfSearch(what: Searched, text: string, now: number): string | undefined {
  try {
    const search = parseSearch(text, now);
    if (what === 'attempts') attemptFilterOf(search, NOBODY);
    else incidentFilterOf(search, NOBODY);
    return undefined;
  } catch (error) {
    if (error instanceof ParseError) return error.message;
    throw error;
  }
}
