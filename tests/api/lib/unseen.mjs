// After the API tests: which operations no test has ever asked, and which documented answers none has ever seen. Fails
// if there is such an operation, or one that never succeeded. With --fresh: forgets what was seen, before the tests.
import { rmSync } from "node:fs";
import { operations, SEEN, seenPairs } from "../../lib/openapi.mjs";

const EVERYWHERE = ["413", "415", "429", "500", "503"]; // tested once for all, not once for each operation

if (process.argv.includes("--fresh")) {
  rmSync(SEEN, { force: true });
} else {
  const seen = seenPairs();
  let failed = 0;
  for (const { method, template, operation } of operations) {
    const what = `${method} ${template}`;
    const statuses = Object.keys(operation.responses);
    const unseen = statuses.filter((status) => !seen.has(`${what} ${status}`));
    const missing = unseen.filter((status) => !EVERYWHERE.includes(status));
    const hasSucceeded = statuses.some((status) => status.startsWith("2") && !unseen.includes(status));
    if (!hasSucceeded) failed++;
    if (missing.length) console.log(`${hasSucceeded ? "     " : "NEVER"} ${what}: no test saw ${missing.join(", ")}`);
  }
  console.log(
    `${operations.length - failed} of ${operations.length} operations were seen to succeed; ${seen.size} kinds of answers were checked`,
  );
  process.exitCode = failed ? 1 : 0;
}
