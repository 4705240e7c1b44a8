#include "store/history.h"
#include "common/random.h"
#include "store/params.h"
#include "store/store_priv.h"

enum err history_write(struct store *s, const struct history_row *row)
{
    char key[RANDOM_UUID_CAP], owner[PARAM_CAP], company[PARAM_CAP], started[PARAM_CAP], ended[PARAM_CAP],
        minutes[PARAM_CAP], peak[PARAM_CAP], cost[PARAM_CAP];
    random_uuid(key);
    const char *const params[] = {
        key,
        row->meeting_id,
        row->is_guest ? "t" : "f",
        row->owner_id ? param_int(owner, row->owner_id) : NULL,
        row->company_id ? param_int(company, row->company_id) : NULL,
        row->title,
        param_int(started, row->started_at),
        param_int(ended, row->ended_at < row->started_at ? row->started_at : row->ended_at),
        param_decimal(minutes, row->duration_centiminutes, 2),
        param_int(peak, row->peak_participants),
        param_decimal(cost, row->cost_hundredths_of_cents, 4),
    };
    return store_write(s, WQ_MUST_NOT_BE_LOST, SQL_MEETING_HISTORY_INSERT, ARRAY_LEN(params), params);
}

enum err history_find(struct store *s, const char *meeting_id, rows_fn *fn, void *arg)
{
    return store_ask(s, SQL_MEETING_HISTORY_FIND, 1, &meeting_id, fn, arg);
}
