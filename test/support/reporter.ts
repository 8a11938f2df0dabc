import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

/**
 * Prints what failed and what was skipped and why, then one line that tools can read:
 * `N passed, N failed`, with `, N skipped` where there were any.
 */
export default async function* reporter(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for await (const { type, data } of source) {
    if (type === 'test:diagnostic' || type === 'test:stderr' || type === 'test:stdout') {
      if (type === 'test:stderr') yield data.message;
      continue;
    }
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    // A suite and a file are no tests: their parts are counted.
    if (data.details.type === 'suite') continue;
    const where = data.file === undefined ? '' : `${relative(process.cwd(), data.file)}: `;
    if (type === 'test:fail') {
      failed += 1;
      const { cause } = data.details.error as { cause?: unknown };
      yield `FAIL ${where}${data.name}\n${indent(String((cause as Error)?.stack ?? cause ?? data.details.error))}\n`;
    } else if (data.skip !== undefined && data.skip !== false) {
      skipped += 1;
      yield `skip ${where}${data.name}: ${data.skip === true ? 'no reason given' : data.skip}\n`;
    } else passed += 1;
  }
  yield `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`;
}

function indent(text: string): string {
  return text.replace(/^/gm, '     ');
}
