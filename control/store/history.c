#include "store/history.h"
#include "common/random.h"
#include "store/query.h"

enum err history_write(struct store *s, const struct history_row *row)
{
    char key[RANDOM_UUID_CAP];
    struct sql_args a = {0};
    random_uuid(key);
    args_text(&a, key);
    args_text(&a, row->meeting_id);
    args_bool(&a, row->is_guest);
    args_id(&a, row->owner_id);
    args_id(&a, row->company_id);
    args_text(&a, row->title);
    args_int(&a, row->started_at);
    args_int(&a, row->ended_at < row->started_at ? row->started_at : row->ended_at);
    args_decimal(&a, row->duration_centiminutes, 2);
    args_int(&a, row->peak_participants);
    return store_write(s, WQ_MUST_NOT_BE_LOST, SQL_MEETINGS_END, &a);
}

enum err history_find(struct store *s, const char *meeting_id, rows_fn *fn, void *arg)
{
    struct sql_args a = {0};
    args_text(&a, meeting_id);
    return store_ask(s, SQL_MEETING_HISTORY_FIND, &a, fn, arg);
}
