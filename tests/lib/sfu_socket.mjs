// A client of the SFU's Unix socket (docs/sfu-socket.md), as control is one.
import { connect } from "node:net";
import { once } from "node:events";
import { createInterface } from "node:readline";

export class SfuSocket {
  #socket;
  #next = 1;
  #waiting = new Map();
  /** Notifications in order of arrival. */
  notifications = [];

  static async open(path) {
    const client = new SfuSocket();
    client.#socket = connect(path);
    await once(client.#socket, "connect");
    createInterface({ input: client.#socket }).on("line", (line) => client.#line(JSON.parse(line)));
    client.hello = await client.ask("hello", { version: 1 });
    return client;
  }

  /** Answers the response's fields; throws when it isn't ok. */
  ask(op, fields = {}) {
    const id = this.#next++;
    this.#socket.write(`${JSON.stringify({ id, op, ...fields })}\n`);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  close() {
    this.#socket.destroy();
  }

  #line(message) {
    if (message.event) {
      this.notifications.push(message);
      return;
    }
    const { resolve, reject } = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.ok) resolve(message);
    else reject(new Error(`${message.error.code}: ${message.error.message}`));
  }
}
