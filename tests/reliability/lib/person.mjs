// person.mjs: somebody in a meeting, who comes back as itself when the server was gone (or, with a documented client,
// as somebody new).
import { Client } from "../../lib/client.mjs";

const PATIENCE_MS = 10_000;

export class Person {
  constructor({ url, meeting, inviteToken, isHost, isDocumented }) {
    Object.assign(this, {
      url,
      meeting,
      inviteToken,
      isHost,
      isDocumented,
      name: isDocumented ? "documented" : "person",
      left: false,
    });
  }

  isConnected() {
    return this.client?.socket.connected;
  }

  fields() {
    const host = this.isHost ? { isAdmin: true, adminToken: this.meeting.adminToken } : {};
    const invite = this.inviteToken && !this.participantId ? { inviteToken: this.inviteToken } : {};
    return { ...host, ...invite, ...(this.isDocumented ? {} : { topology: "auto", resumeToken: this.resumeToken }) };
  }

  /** Or the server died in the midst of it. */
  #connected() {
    const { socket } = this.client;
    return new Promise((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("connect_error", reject);
      socket.once("disconnect", () => reject(new Error("the server has gone")));
    });
  }

  /** False: not let in (full, locked, ended), or the server died. */
  async join() {
    this.client = new Client(this.url, { name: this.name });
    try {
      await this.#connected();
      this.client.emit("join-meeting", { meetingId: this.meeting.meetingId, name: this.name, ...this.fields() });
      const { event, payload } = await this.client.first(
        ["joined", "error", "waiting-room:waiting", "(disconnect)"],
        undefined,
        PATIENCE_MS,
      );
      if (event !== "joined") throw new Error(`${event} ${JSON.stringify(payload)}`);
      this.participantId = payload.participantId;
      this.resumeToken = payload.resumeToken;
      this.joinedAt = Date.now();
      this.firstJoinedAt ??= this.joinedAt;
      return true;
    } catch (error) {
      this.why = error.message;
      this.client.close();
      return false;
    }
  }

  /** After the server was gone. Answers how it went: "resumed", "new", or why it could not. */
  async comeBack() {
    const before = this.participantId;
    this.client.close();
    if (!(await this.join())) {
      this.left = true;
      return this.why;
    }
    return this.participantId === before ? "resumed" : "new";
  }

  async leave() {
    try {
      this.isLeaving = true;
      const answer = await this.client.ask("leave-meeting");
      if (answer.ok) this.close();
    } catch {
      // the server died: it comes back
    }
  }

  async say(text) {
    try {
      return (await this.client.ask("chat:message", { text })).ok;
    } catch {
      return false;
    }
  }

  close() {
    this.left = true;
    this.client.close();
  }
}
