// What a bystander feels while a stranger attacks, one attack after the other, each from an address of its own:
//
//   node tests/bench/strangers.mjs [SECONDS [ATTACK…]]
//
// prints a row for each: the bystander's requests and joins, and how much memory control took.
import { names } from "../lib/attacks.mjs";
import { attacked } from "../lib/beside.mjs";
import { Server } from "../lib/servers.mjs";

const [seconds = "60", ...chosen] = process.argv.slice(2);
const server = await new Server({ name: "strangers", env: { RATE_LIMITS: "on" } }).start();
try {
  const rows = [];
  for (const [n, name] of (chosen.length ? chosen : names).entries()) {
    rows.push(await attacked(server, name, Number(seconds), n));
    console.error(JSON.stringify(rows.at(-1)));
  }
  console.table(rows);
} finally {
  await server.stop();
}
