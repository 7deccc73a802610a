// A small runner: tests are registered by the files that hold them and run one after another, since they share one server
// and one browser. Prints a line for each, the figures at the end, and 'N passed, N failed, N skipped'.
const tests = [];
const figures = [];

export function test(name, body) {
  tests.push({ name, body });
}

// A number worth reporting: a time is reported, not asserted.
export function figure(text) {
  figures.push(text);
}

class Skip extends Error {}

export function skip(why) {
  throw new Skip(why);
}

// Runs the tests whose name holds `word`; the exit code.
export async function runAll(context, word) {
  const count = { passed: 0, failed: 0, skipped: 0 };
  for (const { name, body } of tests.filter((each) => !word || each.name.includes(word))) {
    const begin = performance.now();
    const say = (outcome) => console.log(`${outcome.padEnd(7)} ${((performance.now() - begin) / 1000).toFixed(2).padStart(6)} s  ${name}`);
    try {
      await body(context);
      count.passed += 1;
      say('ok');
    } catch (error) {
      if (error instanceof Skip) {
        count.skipped += 1;
        say('skipped');
        console.log(`        ${error.message}`);
        continue;
      }
      count.failed += 1;
      say('FAILED');
      console.log(String(error?.stack ?? error).replace(/^/gm, '        '));
      await context.browser?.keepFailure(name);
    } finally {
      await context.browser?.closePages();
    }
  }
  if (figures.length > 0) console.log(`\nFigures:\n${figures.map((text) => `  ${text}`).join('\n')}\n`);
  console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  return count.failed > 0 || count.passed + count.skipped === 0 ? 1 : 0;
}
