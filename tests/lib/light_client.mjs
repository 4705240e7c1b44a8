// A Socket.IO client that costs as little as can be, so that thousands fit beside a server under test:
// WebSocket from the start, and no parsing of what is only counted.
import { once } from "node:events";
import { WebSocket } from "ws";

export class Client {
  /** Connects to the namespace "/". */
  static async open(url) {
    const client = new Client();
    client.counts = new Map(); // event -> how many came
    client.waits = new Map(); // event -> resolve
    client.ws = new WebSocket(`${url}/socket.io/?EIO=4&transport=websocket`, { perMessageDeflate: false });
    const connected = client.next("connect");
    client.ws.on("message", (data) => client.received(data));
    client.ws.on("error", () => {});
    await once(client.ws, "open");
    await connected;
    return client;
  }

  received(data) {
    if (data[0] === 50)
      this.ws.send("3"); // ping
    else if (data[0] === 48) this.ws.send("40");
    else if (data[0] === 52 && data[1] === 48) this.heard("connect");
    else if (data[0] === 52 && data[1] === 50 && data[2] === 91)
      this.heard(data.toString("latin1", 4, data.indexOf(34, 4)), data);
  }

  heard(event, data) {
    this.counts.set(event, (this.counts.get(event) ?? 0) + 1);
    const wait = this.waits.get(event);
    if (!wait) return;
    this.waits.delete(event);
    wait(data && JSON.parse(data.toString().slice(2))[1]);
  }

  /** What the next event of this name carries. */
  next(event) {
    return new Promise((resolve) => this.waits.set(event, resolve));
  }

  emit(event, payload) {
    this.ws.send("42" + JSON.stringify([event, payload]));
  }

  async join(meetingId, name, more = {}) {
    const joined = this.next("joined");
    this.emit("join-meeting", { meetingId, name, ...more });
    return joined;
  }

  count(event) {
    return this.counts.get(event) ?? 0;
  }

  close() {
    this.ws.terminate();
  }
}
