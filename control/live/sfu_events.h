/* sfu_events.h: what the SFU says, as events of meetings: see live_on_sfu(). After it came (back), or we did, rooms and
 * people that it has and we don't are ended there; what we have and it doesn't, the meetings bring back themselves when
 * they hear MEETING_SFU_UP and MEETING_SFU_HAS. Owns nothing. Loop thread only. */
#pragma once

struct live;

void sfu_events_sync(struct live *l); /* what rooms does the SFU have? Once meetings are loaded */
