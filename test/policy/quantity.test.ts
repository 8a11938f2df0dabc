import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParseError } from '../../src/policy/problem.ts';
import { parseDuration, parseSize, parseUntil } from '../../src/policy/quantity.ts';

const DAY = 86_400_000;

const durations = [
  { text: '0s', is: 0 },
  { text: '90s', is: 90_000 },
  { text: '30m', is: 1_800_000 },
  { text: '12h', is: 43_200_000 },
  { text: '7d', is: 7 * DAY },
  { text: '2w', is: 14 * DAY },
];
for (const { text, is } of durations)
  test(`parseDuration: ${text}`, () => assert.equal(parseDuration(text), is));

const sizes = [
  { text: '512KB', is: 524_288 },
  { text: '64MB', is: 67_108_864 },
  { text: '1GB', is: 1_073_741_824 },
];
for (const { text, is } of sizes)
  test(`parseSize: ${text}`, () => assert.equal(parseSize(text), is));

const noDurations = [
  '',
  '7',
  'd',
  '7 d',
  '-7d',
  '1.5h',
  '7D',
  '1h30m',
  '7d ',
  '1y',
  '1e3s',
  '９d',
  `${'9'.repeat(400)}d`,
];
for (const text of noDurations) {
  test(`parseDuration refuses "${text.slice(0, 12)}"`, () =>
    assert.throws(() => parseDuration(text), ParseError));
}

const noSizes = ['', '0MB', '64', '64mb', '64 MB', '-1GB', '1.5GB', '1TB', `${'9'.repeat(400)}GB`];
for (const text of noSizes) {
  test(`parseSize refuses "${text.slice(0, 12)}"`, () =>
    assert.throws(() => parseSize(text), ParseError));
}

const instants = [
  { when: 'UTC', text: '2026-12-31T18:00:00Z', is: Date.UTC(2026, 11, 31, 18) },
  { when: 'no seconds', text: '2026-12-31T18:00Z', is: Date.UTC(2026, 11, 31, 18) },
  { when: 'east of UTC', text: '2026-12-31T18:00:00+01:00', is: Date.UTC(2026, 11, 31, 17) },
  {
    when: 'west of UTC, the next day there',
    text: '2026-12-31T23:30:00-05:00',
    is: Date.UTC(2027, 0, 1, 4, 30),
  },
  {
    when: 'half an hour off',
    text: '2026-06-01T00:00:00+05:30',
    is: Date.UTC(2026, 4, 31, 18, 30),
  },
  { when: 'a leap day', text: '2028-02-29T00:00:00Z', is: Date.UTC(2028, 1, 29) },
];
for (const { when, text, is } of instants)
  test(`parseUntil: ${when}`, () => assert.equal(parseUntil(text), is));

const days = [
  { when: 'a day lasts until its end', text: '2026-11-30', end: [2026, 11, 1] },
  { when: 'the last day of a year', text: '2026-12-31', end: [2027, 0, 1] },
  { when: 'a leap day', text: '2028-02-29', end: [2028, 2, 1] },
  { when: 'the day before no leap day', text: '2027-02-28', end: [2027, 2, 1] },
  { when: 'the leap day of a century', text: '2000-02-29', end: [2000, 2, 1] },
  { when: 'a day of 23 hours, where clocks go forward', text: '2026-03-29', end: [2026, 2, 30] },
  { when: 'a day of 25 hours, where clocks go back', text: '2026-10-25', end: [2026, 9, 26] },
] as const;
for (const { when, text, end } of days) {
  test(`parseUntil: ${when}`, () =>
    assert.equal(parseUntil(text), new Date(...(end as [number, number, number])).getTime()));
}

const noTimes = [
  { when: 'a leap day without leap year', text: '2026-02-29' },
  { when: 'a leap day without leap year, as instant', text: '2026-02-29T00:00:00Z' },
  { when: 'the leap day of 2100', text: '2100-02-29' },
  { when: '30 February', text: '2026-02-30' },
  { when: '30 February, as instant', text: '2026-02-30T12:00:00+01:00' },
  { when: '31 April', text: '2026-04-31' },
  { when: 'month 13', text: '2026-13-01' },
  { when: 'month 0', text: '2026-00-10' },
  { when: 'day 0', text: '2026-01-00' },
  { when: 'hour 25', text: '2026-01-01T25:00:00Z' },
  { when: 'minute 60', text: '2026-01-01T10:60:00Z' },
  { when: 'an offset no place has', text: '2026-01-01T10:00:00+99:00' },
  { when: 'no offset', text: '2026-12-31T18:00:00' },
  { when: 'a space for the T', text: '2026-12-31 18:00:00Z' },
  { when: 'parts of a second', text: '2026-12-31T18:00:00.5Z' },
  { when: 'a short year', text: '26-12-31' },
  { when: 'a year nobody means', text: '0026-12-31' },
  { when: 'the other way round', text: '31-12-2026' },
  { when: 'text behind', text: '2026-12-31 ' },
  { when: 'words', text: 'tomorrow' },
  { when: 'nothing', text: '' },
];
for (const { when, text } of noTimes) {
  test(`parseUntil refuses ${when}`, () => {
    assert.throws(
      () => parseUntil(text),
      (error) => error instanceof ParseError && /write a day such as/.test(error.message),
    );
  });
}
