-- Ended meetings (API documentation §8) and analytics events (§18). Rows are written by a queue that may repeat itself
-- after a lost connection; ended_key and event_id make a repeated insert the same row.
CREATE TABLE meeting_history (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ended_key         uuid           NOT NULL UNIQUE,
    meeting_id        text           NOT NULL,
    is_guest          boolean        NOT NULL,
    owner_id          bigint,                            -- the user who made it; null: nobody (a guest meeting)
    company_id        bigint,                            -- the company that paid, if any
    title             text           NOT NULL,
    started_at        timestamptz    NOT NULL,
    ended_at          timestamptz    NOT NULL,
    duration_minutes  numeric(12, 2) NOT NULL CHECK (duration_minutes >= 0),
    peak_participants integer        NOT NULL CHECK (peak_participants >= 0),
    cost_usd          numeric(14, 4) NOT NULL DEFAULT 0,
    CHECK (ended_at >= started_at),
    CHECK (NOT is_guest OR (owner_id IS NULL AND company_id IS NULL AND cost_usd = 0))
);
CREATE INDEX meeting_history_by_owner   ON meeting_history (owner_id, ended_at DESC)   WHERE owner_id IS NOT NULL;
CREATE INDEX meeting_history_by_company ON meeting_history (company_id, ended_at DESC) WHERE company_id IS NOT NULL;
CREATE INDEX meeting_history_by_meeting ON meeting_history (meeting_id);
CREATE INDEX meeting_history_by_start   ON meeting_history (started_at);

CREATE TABLE analytics_events (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id   uuid        NOT NULL UNIQUE,
    event_type text        NOT NULL,
    meta       jsonb       NOT NULL DEFAULT '{}',
    user_id    bigint,                                   -- the account, where there is one
    actor      text,                                     -- whoever did it: the account or a participant
    created_at timestamptz NOT NULL
);
CREATE INDEX analytics_events_by_type ON analytics_events (event_type, created_at);
CREATE INDEX analytics_events_by_time ON analytics_events (created_at);
CREATE INDEX analytics_events_by_user ON analytics_events (user_id, created_at) WHERE user_id IS NOT NULL;
