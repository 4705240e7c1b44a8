// A documented Socket.IO client: the official library, and everything that came.
import assert from "node:assert/strict";
import { io } from "socket.io-client";

const PATIENCE_MS = 10_000;

export class Client {
  /** Every event in its order: {event, payload, taken}. */
  got = [];
  #waiting = new Set();

  constructor(url, { name = "client", transports = ["websocket"], ...options } = {}) {
    this.name = name;
    this.socket = io(url, { transports, forceNew: true, reconnection: false, ...options });
    this.socket.onAny((event, ...args) => this.#take({ event, payload: args[0], args, at: Date.now(), taken: false }));
    this.socket.on("disconnect", (reason) =>
      this.#take({ event: "(disconnect)", payload: reason, at: Date.now(), taken: false }),
    );
  }

  #take(entry) {
    this.got.push(entry);
    for (const check of [...this.#waiting]) check();
  }

  async connected() {
    if (this.socket.connected) return this;
    await new Promise((resolve, reject) => {
      this.socket.once("connect", resolve);
      this.socket.once("connect_error", reject);
    });
    return this;
  }

  /** Every payload of this event so far. */
  all(event) {
    return this.got.filter((entry) => entry.event === event).map((entry) => entry.payload);
  }

  /** The next event of this name (that matches): the first that hasn't been given yet, waited for. */
  async event(name, matches = () => true, patienceMs = PATIENCE_MS) {
    return (await this.first([name], matches, patienceMs)).payload;
  }

  /** The next of several events, whichever comes first: {event, payload}. */
  first(names, matches = () => true, patienceMs = PATIENCE_MS) {
    return new Promise((resolve, reject) => {
      let timer;
      const check = () => {
        const entry = this.got.find((e) => !e.taken && names.includes(e.event) && matches(e.payload));
        if (!entry) return false;
        entry.taken = true;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve(entry);
        return true;
      };
      if (check()) return;
      this.#waiting.add(check);
      timer = setTimeout(() => {
        this.#waiting.delete(check);
        const seen = this.got.map((e) => e.event).join(", ");
        reject(
          new assert.AssertionError({
            message: `${this.name} did not get ${names.join(" or ")} within ${patienceMs / 1000} s; it got: ${seen || "nothing"}`,
          }),
        );
      }, patienceMs);
    });
  }

  /** Sends an event and answers its acknowledgement: {ok, …}. */
  ask(event, payload = {}) {
    return this.socket.timeout(PATIENCE_MS).emitWithAck(event, payload);
  }

  emit(event, ...args) {
    this.socket.emit(event, ...args);
  }

  /** Whatever was sent to this client before now has come: its answers are in the order of what it was sent. */
  async settled() {
    await this.ask("signal:ice-candidate", { to: "nobody", candidate: null });
  }

  async join(meetingId, fields = {}) {
    this.emit("join-meeting", { meetingId, name: this.name, ...fields });
    const { event, payload } = await this.first(["joined", "error", "waiting-room:waiting"]);
    if (event !== "joined") throw new Error(`${this.name} was not let in: ${event} ${JSON.stringify(payload)}`);
    this.joined = payload;
    this.id = this.joined.participantId;
    return this;
  }

  close() {
    this.socket.close();
  }
}

/** What was sent to any of them has come. */
export const settled = (...clients) => Promise.all(clients.map((client) => client.settled()));
