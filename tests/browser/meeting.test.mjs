// Whole meetings in Chromium: from a mesh to the media server, and what may happen in between.
import assert from "node:assert/strict";
import { test } from "node:test";
import { everybodyCounts, everybodyIsOn, everybodySeesAndHearsEverybody } from "../lib/call.mjs";
import { eventually } from "../lib/wait.mjs";
import { useWorld } from "./lib/world.mjs";

const TIMEOUT = { timeout: 240_000 };
/**
 * While a meeting moves, no tile may show nothing new for longer; the pages share two cores, so this is far from
 * smooth.
 */
const LONGEST_GAP_MS = 1500;

const world = useWorld("meeting");

test(
  "three meet directly; a fourth comes and all move to the media server without a black or frozen tile",
  TIMEOUT,
  async (context) => {
    const meetingId = await world.meet(["Anna", "Bert", "Cleo"]);
    const { people } = world;
    await everybodyIsOn(people, "mesh");
    await everybodySeesAndHearsEverybody(people, "in the mesh");

    const three = [...people];
    const fourth = await world.somebody("Dora");
    for (const { page } of three) await page.evaluate(() => __probe.startWatch());
    await fourth.join(world.server, meetingId);
    await everybodyIsOn(people, "sfu");
    await everybodySeesAndHearsEverybody(people, "on the media server");
    // The direct connections close a while after; that must not show either.
    for (const { name, page } of three) {
      await eventually(`${name}'s direct connections are closed`, async () => {
        const open = await page.evaluate(
          () => [...__probe.connections].filter((pc) => pc.connectionState !== "closed").length,
        );
        assert.equal(open, 1);
      });
    }
    await everybodySeesAndHearsEverybody(people, "after the direct connections");
    for (const { name, page } of three) {
      const { tiles, lateMs } = await page.evaluate(() => __probe.stopWatch());
      for (const [other, { gapMs, problems, senders }] of Object.entries(tiles)) {
        if (other === "Dora") continue;
        context.diagnostic(
          `${name}'s tile of ${other}: longest gap ${gapMs} ms, ${JSON.stringify(problems)}, page late by ${lateMs} ms`,
        );
        assert.ok(gapMs - lateMs <= LONGEST_GAP_MS, `${name}'s tile of ${other} showed nothing new for ${gapMs} ms`);
        assert.equal(problems.black ?? 0, 0, `${name}'s tile of ${other} was black`);
        assert.equal(senders.length, 1, `${name}'s tile of ${other} showed ${senders}`);
      }
    }
  },
);

for (const topology of ["mesh", "sfu"]) {
  test(`a reloaded tab is back in the ${topology}, once`, TIMEOUT, async () => {
    await world.meet(["Anna", "Bert"], { topology });
    const { people } = world;
    await everybodySeesAndHearsEverybody(people, "before");
    await people[1].page.reload();
    await people[1].enter();
    await everybodyCounts(people);
    await everybodySeesAndHearsEverybody(people, "after");
  });

  test(`a killed tab leaves the ${topology} within the heartbeat`, TIMEOUT, async () => {
    await world.meet(["Anna", "Bert", "Cleo"], { topology });
    const { people } = world;
    await everybodySeesAndHearsEverybody(people, "before");
    const [victim] = people.splice(2, 1);
    const devtools = await victim.page.context().newCDPSession(victim.page);
    devtools.send("Page.crash").catch(() => undefined);
    // A lost socket is noticed within 45 s at most, and may then be resumed for 30 s.
    await eventually("the others see it leave", () => everybodyCounts(people), 80_000);
    await everybodySeesAndHearsEverybody(people, "after");
    await victim.close().catch(() => undefined);
  });
}

test("chat and reactions reach everybody", TIMEOUT, async () => {
  await world.meet(["Anna", "Bert", "Cleo"], { topology: "sfu" });
  const { people } = world;
  await everybodyCounts(people);
  for (const { page } of people) {
    await page.evaluate(() => {
      globalThis.__reactions = [];
      new MutationObserver(() => {
        for (const e of document.querySelectorAll(".reaction"))
          __reactions.push(e.innerText.replace(/\s+/g, " ").trim());
      }).observe(document.body, { childList: true, subtree: true });
    });
  }
  for (const person of people) await person.click("Chat");
  for (const person of people) {
    await person.page.fill(".composer textarea", `hello from ${person.name}`);
    await person.page.press(".composer textarea", "Enter");
  }
  for (const person of people) {
    await eventually(`${person.name} reads all messages`, async () => {
      const texts = await person.page.locator(".message-text").allInnerTexts();
      assert.deepEqual(
        texts.sort(),
        people.map(({ name }) => `hello from ${name}`),
      );
    });
  }
  await people[1].click("Send a reaction");
  await eventually("the menu opens", () => people[1].click("🎉"));
  for (const person of people) {
    await eventually(`${person.name} sees the reaction`, async () => {
      const seen = await person.page.evaluate(() => __reactions);
      assert.ok(
        seen.some((text) => text.includes("🎉")),
        `only ${JSON.stringify(seen)}`,
      );
    });
  }
});
