// What the files of this folder begin with: a server, a Chromium (and a Firefox), and people who have left after each
// test.
import { after, afterEach, before } from "node:test";
import { Person } from "../../lib/call.mjs";
import { launchChromium } from "../../lib/chromium.mjs";
import { launchFirefox } from "../../lib/firefox.mjs";
import { Server } from "../../lib/servers.mjs";

class World {
  /** Who is in the meeting of the test that runs, in the order they came; each one's sender is its place, from 1. */
  people = [];

  /** Somebody more, in a page that has joined nothing yet. */
  async somebody(name, browser = this.chromium) {
    const person = await Person.open(browser, name, this.people.length + 1);
    this.people.push(person);
    return person;
  }

  async join(meetingId, name, query, browser) {
    const person = await this.somebody(name, browser);
    await person.join(this.server, meetingId, query);
    return person;
  }

  /** These people in a new meeting (or the one given), one after the other; answers its id. query: of their links. */
  async meet(names, query, meetingId) {
    meetingId ??= (await this.server.newMeeting()).meetingId;
    for (const name of names) await this.join(meetingId, name, query);
    return meetingId;
  }

  async allLeave(context) {
    for (const person of this.people)
      for (const line of person.page.said) context.diagnostic(`${person.name}'s page: ${line}`);
    for (const person of this.people) await person.close().catch(() => undefined);
    this.people = [];
  }

  async close() {
    await this.chromium?.close();
    await this.firefox?.close();
    await this.server?.stop();
  }
}

/** For a file's tests. name: of the server's logs; firefox: whether there is one. */
export function useWorld(name, { firefox = false } = {}) {
  const world = new World();
  before(async () => {
    world.server = await new Server({ name }).start();
    world.chromium = await launchChromium();
    if (firefox) world.firefox = await launchFirefox();
  });
  after(() => world.close());
  afterEach((context) => world.allLeave(context));
  return world;
}
