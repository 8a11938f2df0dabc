import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseScenarios, runScenario } from '../support/scenario.ts';

const folder = new URL('../scenarios/', import.meta.url);

for (const file of readdirSync(folder).filter((name) => name.endsWith('.yaml'))) {
  const { policy, cases } = parseScenarios(readFileSync(new URL(file, folder), 'utf8'));
  for (const scenario of cases) {
    test(`${file}: ${scenario.when}`, () => runScenario({ policy, ...scenario }));
  }
}
