// Meetings of two accounts, and the calls about them.
import assert from "node:assert/strict";
import { after, afterEach, before } from "node:test";
import { startWorld } from "../../lib/world.mjs";

export const DEFAULTS = {
  muteOnJoin: false,
  videoOffOnJoin: false,
  maxParticipants: 50,
  locked: false,
  waitingRoom: false,
  topology: "auto",
};
export const NOBODY = "nobodynobody";

/** The world of these tests, and two accounts in it: there once useMeetings()'s before() has run. */
export let world, anna, bert;
export function useMeetings(name) {
  before(async () => {
    world = await startWorld({ name });
    [anna, bert] = [await world.account({ credit: "10" }), await world.account({ credit: "10" })];
  });
  after(() => world?.stop());
  afterEach(() => world?.closeClients());
}

export const get = (meeting, who = anna) => world.api("GET", `/api/meetings/${meeting.meetingId}`, { key: who.apiKey });
export const host = (meeting, what, { method = "POST", ...options } = {}) =>
  world.api(method, `/api/meetings/${meeting.meetingId}${what}`, {
    key: anna.apiKey,
    token: meeting.adminToken,
    ...options,
  });
export const settings = (meeting, body, options) =>
  host(meeting, "/settings", { method: "PATCH", body, key: undefined, ...options });
export const end = (meeting, options) => host(meeting, "", { method: "DELETE", ...options });

export function refusedWith({ status, json }, wanted, words = /./) {
  assert.equal(status, wanted, JSON.stringify(json));
  assert.deepEqual(Object.keys(json), ["error"]);
  assert.match(json.error, words);
}
