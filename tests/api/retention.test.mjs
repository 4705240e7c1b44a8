// Control throws away what has had its time (docs/operations.md, "What is kept how long"); what goes and what stays is
// tested in control/store/retention_db_test.c.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { eventually, startWorld } from "../lib/world.mjs";

let world;
before(async () => {
  world = await startWorld({ name: "retention", env: { ANALYTICS_DAYS: "30" } });
});
after(() => world?.stop());

test("soon after its start control throws away more old events than go in one piece, as ANALYTICS_DAYS says", async () => {
  await world.server.stopControl();
  await world.sql(
    `INSERT INTO analytics_events (event_id, event_type, created_at)
     SELECT gen_random_uuid(), 'feature.chat', now() - CASE WHEN n <= 7 THEN 29 ELSE 31 END * interval '1 day'
     FROM generate_series(1, 12007) n`,
  );
  await world.server.startControl();
  await eventually(
    "the old ones are gone",
    async () => {
      const [{ n }] = await world.sql("SELECT count(*)::integer AS n FROM analytics_events");
      assert.equal(n, 7);
    },
    30_000,
  );
});
