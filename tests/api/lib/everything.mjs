// Every operation of docs/openapi.yaml, called as somebody who may: with credentials, ids that are there, and the
// document's example for a body. For tests that want to ask all of it under some condition.
import assert from "node:assert/strict";
import { document } from "../../lib/openapi.mjs";

function resolved(schema) {
  let node = schema;
  while (node?.$ref)
    node = node.$ref
      .slice(2)
      .split("/")
      .reduce((at, key) => at[key], document);
  return node;
}

/** The names of the fields of an operation's body. */
export function fieldsOf({ operation }) {
  return Object.keys(
    resolved(resolved(operation.requestBody?.content?.["application/json"]?.schema))?.properties ?? {},
  );
}

/** The names of its query parameters. */
export function queriesOf({ operation }) {
  return (operation.parameters ?? [])
    .map(resolved)
    .filter((p) => p.in === "query")
    .map((p) => p.name);
}

/** A body that would be taken: the document's example. */
export function exampleOf({ operation }) {
  const content = operation.requestBody?.content?.["application/json"];
  if (!content) return undefined;
  const example = content.example ?? Object.values(content.examples ?? {})[0]?.value;
  assert.ok(example, `${operation.operationId} has an example`);
  return example;
}

export class Everything {
  /** The world needs WEBHOOK_ALLOW_INSECURE=1. */
  static async of(world) {
    const all = Object.assign(new Everything(), { world });
    all.account = await world.account({ credit: "1000" });
    all.boss = await world.company();
    all.admin = await world.admin();
    const peer = await world.httpPeer();
    all.webhookId = (
      await world.must(201, "POST", "/api/webhooks", {
        cookie: all.account.cookie,
        body: { url: peer.url, events: ["participant.joined"] },
      })
    ).id;
    await all.live();
    return all;
  }

  /** A meeting with Anna in it; a new one when the last has been ended by a call. */
  async live() {
    if (this.anna?.socket.connected) return;
    this.meeting = await this.world.meeting(this.account);
    this.anna = await this.world.join(this.meeting, { name: "Anna" });
  }

  credentials({ operation, template }) {
    const schemes = Object.keys(operation.security?.[0] ?? {});
    const session = template.startsWith("/admin/")
      ? this.admin
      : template.startsWith("/api/company/members")
        ? this.boss.cookie
        : this.account.cookie;
    return {
      key: schemes.includes("ApiKey") ? this.account.apiKey : undefined,
      token: schemes.includes("AdminToken") ? this.meeting.adminToken : undefined,
      cookie: schemes.includes("Session") ? String(session) : undefined,
    };
  }

  /** The template with ids that are there; `instead` has others. */
  address(template, instead = {}) {
    const real = { meetingId: this.meeting.meetingId, participantId: this.anna.id, id: this.webhookId, deliveryId: 1 };
    return template.replace(/\{(\w+)\}/g, (_, name) => instead[name] ?? real[name]);
  }
}
