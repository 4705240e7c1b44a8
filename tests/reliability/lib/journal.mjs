// journal.mjs: what the server has said to be so. An entry is made before the request is sent, so that one which is
// never answered is known too: it may have happened, or not, but not twice.

/** What the answer of a change tells about it. */
export const SENT = "sent"; // and not answered: unknown
export const DONE = "done";
export const NEVER = "never"; // refused, or found not to have happened

export class Journal {
  accounts = []; // {email, password, changing: the next password, companyName?, inviteCode, state, cookie, id}
  keys = []; // {account, label, state, key, id, deleted: undefined | SENT | DONE}
  // {account, state, title, meetingId, adminToken, settings, changing, scheduledAt?, ended: undefined | SENT | DONE,
  // people}
  meetings = [];
  credits = []; // {account, amount, description, state}
  payments = []; // {account, amount, session, state}
  webhooks = []; // {account, receiver, state, id, secret, deleted}
  invites = []; // {meeting, state, token, used}: used: when somebody tried to come in with it
  joins = []; // {account, company, state}: accounts that became a company's
  people = []; // {meeting, name, client, participantId, resumeToken, joinedAt, documented, left}

  accountsReady() {
    return this.accounts.filter((account) => account.state === DONE && account.cookie);
  }

  meetingsLive() {
    return this.meetings.filter((meeting) => meeting.state === DONE && !meeting.ended && !meeting.scheduledAt);
  }

  keysLive() {
    return this.keys.filter((key) => key.state === DONE && key.key && !key.deleted);
  }

  peopleIn(meeting) {
    return this.people.filter((person) => person.meeting === meeting && !person.left);
  }

  /** How much was acknowledged, for the report. */
  counts() {
    const done = (list) => list.filter((entry) => entry.state === DONE).length;
    return {
      accounts: done(this.accounts),
      keys: done(this.keys),
      "deleted keys": this.keys.filter((key) => key.deleted === DONE).length,
      meetings: done(this.meetings),
      "ended meetings": this.meetings.filter((meeting) => meeting.ended === DONE).length,
      invitations: done(this.invites),
      credits: done(this.credits),
      payments: done(this.payments),
      webhooks: done(this.webhooks),
      "companies joined": done(this.joins),
      "people who joined": this.people.length,
    };
  }
}
