// books.mjs: compares what the database holds with what the journal says was acknowledged, and finds out what became of
// requests that nobody answered. Answers a list of what is wrong, in words.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { DONE, NEVER, SENT } from "./journal.mjs";
import { applySettings } from "./load.mjs";

const SQL = readFileSync(new URL("./books.sql", import.meta.url), "utf8");
const YOUNG_MS = 1000; // who came in this shortly before the crash may have to come in anew

export const readBooks = async (server) => JSON.parse(await server.psql(SQL));

const sha256 = (text) => createHash("sha256").update(text).digest("hex");

function groupBy(list, keyOf) {
  const groups = new Map();
  for (const entry of list) {
    const key = keyOf(entry);
    if (groups.has(key)) groups.get(key).push(entry);
    else groups.set(key, [entry]);
  }
  return (key) => groups.get(key) ?? [];
}

/**
 * Once if it was acknowledged, at most once if it wasn't answered, never if it was refused; then the entry is settled.
 */
function once(wrong, what, entry, rows, { settles = true } = {}) {
  const allowed = { [DONE]: [1], [SENT]: [0, 1], [NEVER]: [0] }[entry.state];
  if (!allowed.includes(rows.length)) wrong.push(`${what}: ${entry.state}, and there are ${rows.length}`);
  if (entry.state === SENT && settles) entry.state = rows.length ? DONE : NEVER;
  return rows[0];
}

/** Gone if its end was acknowledged. An unanswered end is settled. */
function gone(wrong, what, entry, row) {
  if (entry.deleted === DONE && row) wrong.push(`${what} is back`);
  if (!entry.deleted && entry.state === DONE && !row) wrong.push(`${what} is lost`);
  if (entry.deleted === SENT) entry.deleted = row ? undefined : DONE;
}

function compareAccounts(wrong, journal, books) {
  const users = groupBy(books.users, (user) => user.email);
  const keys = groupBy(books.keys, (key) => key.key_hash),
    labelled = groupBy(books.keys, (key) => key.label);
  const hooks = groupBy(books.webhooks, (hook) => new URL(hook.url).pathname);
  for (const account of journal.accounts) once(wrong, `account ${account.email}`, account, users(account.email));
  for (const key of journal.keys) {
    const [row] = key.key ? keys(sha256(key.key)) : labelled(key.label);
    if (key.state === SENT) key.state = row ? DONE : NEVER;
    gone(wrong, `key ${key.label ?? "of registration"} of ${key.account.email}`, key, row);
  }
  for (const hook of journal.webhooks) {
    const [row] = hooks(hook.path);
    if (hook.state === SENT) hook.state = row ? DONE : NEVER;
    hook.id ??= row?.id;
    gone(wrong, `webhook ${hook.path}`, hook, row);
  }
  for (const join of journal.joins) {
    const company = users(join.company.email)[0].company_id;
    once(
      wrong,
      `${join.account.email} in company ${company}`,
      join,
      users(join.account.email).filter((user) => user.company_id === company),
    );
  }
}

function compareMoney(wrong, journal, books) {
  const described = groupBy(books.transactions, (t) => t.description),
    referred = groupBy(books.transactions, (t) => t.reference);
  for (const credit of journal.credits) {
    const row = once(wrong, `credit ${credit.description}`, credit, described(credit.description));
    if (row && Number(row.amount) !== Number(credit.amount))
      wrong.push(`credit of ${credit.amount} became ${row.amount}`);
  }
  for (const payment of journal.payments) {
    const row = once(wrong, `payment ${payment.session}`, payment, referred(`stripe:${payment.session}`), {
      settles: false,
    });
    if (row && Number(row.amount) !== payment.amount) wrong.push(`payment of ${payment.amount} became ${row.amount}`);
  }
}

const sameSettings = (meeting, row) =>
  row.title === meeting.title &&
  Object.entries(meeting.settings).every(([name, value]) => row.settings[name] === value);

/** An unanswered change has been made as a whole, or not at all. */
function compareSettings(wrong, meeting, row) {
  if (meeting.changing) {
    const changed = { ...meeting, settings: { ...meeting.settings } };
    applySettings(changed, meeting.changing);
    if (sameSettings(changed, row)) applySettings(meeting, meeting.changing);
    meeting.changing = undefined;
  }
  if (!sameSettings(meeting, row))
    wrong.push(
      `meeting ${meeting.meetingId}: acknowledged ${JSON.stringify([meeting.title, meeting.settings])}, is ${JSON.stringify([row.title, row.settings])}`,
    );
  if (row.is_due && row.status === "scheduled") wrong.push(`meeting ${meeting.meetingId} should have been activated`);
}

function compareMeetings(wrong, journal, books, killedAt) {
  const live = groupBy(books.meetings, (m) => m.meeting_id),
    over = groupBy(books.history, (h) => h.meeting_id);
  const titled = groupBy([...books.meetings, ...books.history], (m) => m.title);
  for (const meeting of journal.meetings) {
    if (meeting.state === SENT) {
      const row = once(wrong, `meeting ${meeting.title}`, meeting, titled(meeting.title));
      Object.assign(meeting, { meetingId: row?.meeting_id, isOrphan: true, ended: SENT }); // nobody has its admin token
    }
    if (meeting.state === NEVER) continue;
    const isLive = live(meeting.meetingId).length,
      isOver = over(meeting.meetingId).length;
    const what = `meeting ${meeting.meetingId}${meeting.scheduledAt ? " (scheduled)" : ""}`;
    const mayBeCancelled = meeting.scheduledAt && meeting.ended;
    if (isLive + isOver !== 1 && !(mayBeCancelled && isLive + isOver === 0))
      wrong.push(`${what} is ${isLive} times live and ${isOver} times over`);
    if (meeting.ended === DONE && isLive) wrong.push(`${what} was ended and is live`);
    const people = journal
      .peopleIn(meeting)
      .filter((p) => !p.isDocumented && !p.isLeaving && p.joinedAt < killedAt - YOUNG_MS);
    if (!meeting.ended && isOver && (!meeting.wasJoined || people.length))
      wrong.push(`${what} is over, and nobody has ended it; ${people.length} people were in it`);
    if (meeting.ended === SENT && !meeting.isOrphan) meeting.ended = isLive ? undefined : DONE;
    if (isOver) meeting.ended = DONE;
    if (isLive) compareSettings(wrong, meeting, live(meeting.meetingId)[0]);
  }
}

/**
 * What wasn't used is there; what somebody came in with isn't, unless that was so shortly before a crash that it was
 * lost.
 */
function compareInvites(wrong, journal, books, killedAt) {
  const live = new Map(books.meetings.map((m) => [m.meeting_id, m]));
  for (const invite of journal.invites.filter((i) => i.token && live.has(i.meeting.meetingId))) {
    const { meeting, token, used } = invite;
    const isThere = live.get(meeting.meetingId).invites.includes(sha256(token));
    if (!used && !isThere) wrong.push(`an invitation to ${meeting.meetingId} is lost`);
    const person = journal.people.find((p) => p.inviteToken === token);
    invite.isYoung ||= person?.firstJoinedAt >= killedAt - YOUNG_MS;
    if (person && !invite.isYoung && isThere) wrong.push(`an invitation to ${meeting.meetingId} is unspent again`);
  }
}

/** killedAt: when the last crash was, in ms since 1970. */
export function compare(journal, books, killedAt) {
  const wrong = [...books.wrong];
  compareAccounts(wrong, journal, books);
  compareMoney(wrong, journal, books);
  compareMeetings(wrong, journal, books, killedAt);
  compareInvites(wrong, journal, books, killedAt);
  return wrong;
}

// ---- webhooks: at the end, when nothing is pending any more ----

function compareOrder(wrong, what, received) {
  const firsts = received.filter((entry, i) => received.findIndex((e) => e.delivery === entry.delivery) === i);
  for (let i = 1; i < firsts.length; i++)
    if (firsts[i].sequence <= firsts[i - 1].sequence)
      wrong.push(`${what}: ${firsts[i].sequence} came after ${firsts[i - 1].sequence}`);
}

/**
 * What a webhook that was there from the meeting's beginning must have heard: 1, 2, 3, … and at the end that it ended.
 */
function compareStory(wrong, what, rows, history) {
  rows.forEach((row, i) => {
    if (row.sequence !== i + 1) wrong.push(`${what}: event ${i + 1} has sequence ${row.sequence}`);
  });
  const ends = rows.filter((row) => row.event === "meeting.ended");
  if (ends.length !== (history ? 1 : 0)) wrong.push(`${what}: ${ends.length} × meeting.ended`);
  if (!history || !ends.length) return;
  if (rows.at(-1) !== ends[0]) wrong.push(`${what}: meeting.ended isn't the last event`);
  const { data } = JSON.parse(ends[0].body);
  if (data.costUsd !== history.cost || data.peakParticipants !== history.peak)
    wrong.push(`${what}: the event says ${JSON.stringify(data)}, the history ${JSON.stringify(history)}`);
}

/** Every event once in the receiver's books, with its signature, in its meeting's order. */
export function compareWebhooks(journal, books, receiver) {
  const wrong = [];
  const deliveries = groupBy(books.deliveries, (d) => d.webhook_id);
  const history = new Map(books.history.map((h) => [h.meeting_id, h]));
  for (const webhook of journal.webhooks.filter((w) => w.state === DONE && !w.deleted)) {
    const what = `webhook ${webhook.id}`,
      rows = deliveries(webhook.id),
      received = receiver.of(webhook);
    const came = groupBy(received, (entry) => entry.delivery);
    for (const row of rows) {
      const entries = came(String(row.id));
      if (row.status !== "delivered") wrong.push(`${what}: delivery ${row.id} is ${row.status}`);
      if (!entries.some((entry) => entry.status === 200)) wrong.push(`${what}: delivery ${row.id} never arrived`);
      if (entries.some((entry) => entry.body !== row.body))
        wrong.push(`${what}: delivery ${row.id} was sent with another body`);
    }
    if (new Set(received.map((entry) => entry.delivery)).size !== rows.length)
      wrong.push(`${what}: received ${came.size} deliveries, sent ${rows.length}`);
    if (webhook.secret && received.some((entry) => !receiver.isSigned(entry, webhook.secret)))
      wrong.push(`${what}: a wrong signature`);
    const receivedOf = groupBy(received, (entry) => entry.meetingId),
      rowsOf = groupBy(rows, (row) => row.meeting_id);
    for (const meetingId of new Set(rows.map((row) => row.meeting_id)))
      compareOrder(wrong, `${what}, meeting ${meetingId}`, receivedOf(meetingId));
    for (const meeting of journal.meetings.filter((m) => m.state === DONE && m.webhooks.includes(webhook)))
      compareStory(
        wrong,
        `${what}, meeting ${meeting.meetingId}`,
        rowsOf(meeting.meetingId),
        history.get(meeting.meetingId),
      );
  }
  return wrong;
}
