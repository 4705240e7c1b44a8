// receiver.mjs: a webhook's receiver that keeps books: every delivery that came, in its order, and what it was
// answered.
import { createHmac } from "node:crypto";
import { httpPeer } from "../../lib/http_peer.mjs";

export class Receiver {
  deliveries = []; // {path, delivery, event, meetingId, sequence, body, signature, status}

  /** chance: of answering 500, late or not at all. */
  async start(chance) {
    this.chance = chance;
    this.isHealthy = false;
    this.peer = await httpPeer({ answer: (request) => this.#take(request) });
    this.url = this.peer.url;
    return this;
  }

  #take({ path, headers, body, json }) {
    const entry = {
      path,
      delivery: headers["x-delivery"],
      event: headers["x-event"],
      signature: headers["x-signature"],
      body,
      meetingId: json.meetingId,
      sequence: json.sequence,
      status: 0,
    };
    this.peer.requests.length = 0; // ours are kept in deliveries
    this.deliveries.push(entry);
    if (!this.isHealthy && this.chance.happens(0.01)) return { reset: true };
    if (!this.isHealthy && this.chance.happens(0.005)) return { hang: true };
    entry.status = !this.isHealthy && this.chance.happens(0.05) ? 500 : 200;
    return { status: entry.status, delayMs: this.chance.happens(0.1) ? this.chance.below(200) : 0 };
  }

  /** What came for one webhook. */
  of(webhook) {
    return this.deliveries.filter((entry) => entry.path === webhook.path);
  }

  isSigned(entry, secret) {
    return entry.signature === `sha256=${createHmac("sha256", secret).update(entry.body).digest("hex")}`;
  }

  stop() {
    return this.peer.close();
  }
}
