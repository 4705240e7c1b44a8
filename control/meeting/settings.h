/* settings.h: what can be set of a meeting: one table, from which bodies and payloads are checked, the settings loaded
 * and dumped, and docs/openapi.yaml tested. A new one is a member here, a row in settings.c, and its line in the
 * document. The title is one of them, but is told beside `settings`, and stored in a column of its own. */
#pragma once
#include "common/fields.h"

#define MEETING_TITLE_CHARS 200
#define MEETING_TITLE_CAP   (4 * MEETING_TITLE_CHARS + 1)

/* What is so if nobody says otherwise, … */
#define MEETING_UNTITLED          "Untitled Meeting"
#define MEETING_UNTITLED_GUEST    "Quick Meeting"
#define MEETING_PARTICIPANTS      50
#define MEETING_PARTICIPANTS_MOST 1000 /* … and the most there can be, whatever a server allows */

enum topology { TOPOLOGY_AUTO, TOPOLOGY_MESH, TOPOLOGY_SFU }; /* in the order of MEETING_TOPOLOGIES */
#define MEETING_TOPOLOGIES "auto|mesh|sfu"

struct meeting_settings {
    char title[MEETING_TITLE_CAP]; /* "": MEETING_UNTITLED, or MEETING_UNTITLED_GUEST */
    bool mute_on_join, video_off_on_join, locked, waiting_room;
    unsigned max_participants; /* 0: MEETING_PARTICIPANTS */
    enum topology topology;
};

/* field.marks: who may give it, and where it is seen. */
enum {
    SETTING_AT_CREATION = 1, /* POST /api/meetings */
    SETTING_BY_GUEST = 2,    /* POST /api/meetings/guest */
    SETTING_BY_REST = 4,     /* PATCH /api/meetings/:meetingId/settings */
    SETTING_BY_SOCKET = 8,   /* admin:settings */
    SETTING_STORED = 16,     /* in the meeting's row, until it ends */
    SETTING_SHOWN = 32,      /* in `settings` of answers and events */
};
extern const struct field meeting_settings_fields[];

/* The title of who creates a meeting, who may leave it to us: null, "" and blanks will do. */
/* clang-format off */
#define MEETING_TITLE_WISH { "title", FIELD_CHARS, NULLABLE, 0, MEETING_TITLE_CHARS }
/* clang-format on */

json_t *meeting_settings_schema(void); /* {"atCreation": {name: JSON Schema}, "byGuest": …}; NULL without memory */
