// Firefox and Chromium in one meeting, on the media server and directly.
import { test } from "node:test";
import { everybodyCounts, everybodyIsOn, everybodySeesAndHearsEverybody } from "../lib/call.mjs";
import { useWorld } from "./lib/world.mjs";

const world = useWorld("firefox", { firefox: true });

for (const topology of ["sfu", "mesh"]) {
  test(`Firefox joins two of Chromium (${topology}); everybody sees and hears everybody`, {
    timeout: 300_000,
  }, async () => {
    const meetingId = await world.meet(["Anna", "Bert"], { topology });
    await world.join(meetingId, "Fox", { topology }, world.firefox);
    await everybodyCounts(world.people);
    await everybodyIsOn(world.people, topology);
    await everybodySeesAndHearsEverybody(world.people);
  });
}
