// A participant as tests speak of one: a page in which the web client is in a meeting.
import assert from "node:assert/strict";
import { newPage } from "./chromium.mjs";
import { newFirefoxPage } from "./firefox.mjs";
import { eventually } from "./wait.mjs";

export class Person {
  constructor(name, sender, page) {
    Object.assign(this, { name, sender, page });
  }

  /** Opens a page for this person; in Firefox when the browser is one. */
  static async open(browser, name, sender) {
    const firefox = typeof browser.newContext !== "function";
    const page = await (firefox ? newFirefoxPage : newPage)(browser, { sender });
    return new Person(name, sender, page);
  }

  /** Through the preview into the meeting. */
  async join(server, meetingId, query = {}) {
    this.query = new URLSearchParams({ name: this.name, debug: "1", ...query });
    await this.page.goto(`${server.url}/join/${meetingId}?${this.query}`);
    await this.enter();
  }

  async enter() {
    await eventually(`${this.name} enters`, () => this.#enterOnce());
  }

  // Presses the preview's button once the camera is there, and again should the page have been busy; done when the call
  // is shown.
  async #enterOnce() {
    const state = await this.page.evaluate(() => {
      if (document.querySelector(".bar")) return "in";
      const button = document.querySelector(".join-side button[type=submit]");
      if (!button) return document.body.innerText.slice(0, 200) || "empty page";
      if (button.disabled || !document.querySelector(".preview video")) return "opening the camera";
      button.click();
      return "joining";
    });
    assert.equal(state, "in");
  }

  /** What the page says of itself: topology of the meeting, own id, who is there. */
  state() {
    return this.page.evaluate(() => {
      const { meeting } = globalThis.__onepizza;
      return {
        topology: meeting.topology,
        id: meeting.self.id,
        names: [...meeting.participants.values()].map((p) => p.name).sort(),
      };
    });
  }

  seen() {
    return this.page.evaluate(() => __probe.seen());
  }

  heard() {
    return this.page.evaluate(() => __probe.heard());
  }

  async click(label) {
    await this.page.evaluate((text) => {
      const found = [...document.querySelectorAll("button, [role=menuitem]")].find(
        (b) => b.offsetParent !== null && (b.getAttribute("aria-label") === text || b.textContent.trim() === text),
      );
      if (!found) throw new Error(`no button "${text}"`);
      found.click();
    }, label);
  }

  /** Leaves no trace of the page, as a closed tab; says nothing to the server if the page can't. */
  close() {
    const context = this.page.context?.();
    return context ? context.close() : this.page.close();
  }
}

/** Each tile shows a moving picture of the one whose name is on it. */
async function seesAll(person, others) {
  const first = await person.seen();
  for (const other of others) {
    assert.ok(first[other.name], `${person.name} has no tile for ${other.name}, but ${Object.keys(first)}`);
    assert.equal(
      first[other.name].sender,
      other.sender,
      `${person.name}'s tile of ${other.name}: ${JSON.stringify(first[other.name])}`,
    );
  }
  const still = new Set(others);
  for (let i = 0; i < 20 && still.size; i++) {
    const now = await person.seen();
    for (const other of still)
      if (now[other.name]?.sender === other.sender && now[other.name].frame !== first[other.name].frame)
        still.delete(other);
  }
  assert.deepEqual(
    [...still].map((o) => o.name),
    [],
    `${person.name} sees frozen pictures`,
  );
}

async function hearsAll(person, others) {
  const wanted = others.map((o) => o.sender).sort((a, b) => a - b);
  assert.deepEqual(await person.heard(), wanted, `whose tones ${person.name} hears`);
}

/** Everybody decodes everybody else's picture and tone, and has a tile for nobody else. */
export async function everybodySeesAndHearsEverybody(people, moment = "") {
  for (const person of people) {
    const others = people.filter((p) => p !== person);
    await eventually(`${moment} ${person.name} sees all others`, () => seesAll(person, others));
    await eventually(`${moment} ${person.name} hears all others`, () => hearsAll(person, others));
  }
}

export async function seesAndHears(person, others) {
  await eventually(`${person.name} sees ${others.map((o) => o.name)}`, () => seesAll(person, others));
  await eventually(`${person.name} hears ${others.map((o) => o.name)}`, async () => {
    const heard = await person.heard();
    for (const other of others)
      assert.ok(heard.includes(other.sender), `${person.name} hears ${heard}, not ${other.sender}`);
  });
}

export async function everybodyIsOn(people, topology) {
  for (const person of people) {
    await eventually(`${person.name} is on ${topology}`, async () =>
      assert.equal((await person.state()).topology, topology),
    );
  }
}

/** Nobody but these is in the meeting, as each of them sees it. */
export async function everybodyCounts(people) {
  for (const person of people) {
    const names = people
      .filter((p) => p !== person)
      .map((p) => p.name)
      .sort();
    await eventually(`${person.name} sees who is there`, async () =>
      assert.deepEqual((await person.state()).names, names),
    );
  }
}
