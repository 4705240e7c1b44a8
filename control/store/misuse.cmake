# misuse.cmake: what the C interface of sql/ promises not to compile doesn't: a missing, unknown, repeated or nameless
# argument, one of another type, a column that isn't there or is another type. Run by ctest with
#   cmake -DCC=compiler -DID=GNU|Clang -DFLAGS=list -DSEES=folders -DOUT=dir -P misuse.cmake
cmake_minimum_required(VERSION 3.25)
list(TRANSFORM SEES PREPEND -I)

# The statement as a function's body: does it compile?
function(compiles body out said)
  file(WRITE ${OUT}/misuse.c "#include \"store/query.h\"
struct sql_query asked(int64_t id, const char *text);
struct sql_query asked(int64_t id, const char *text)
{
    (void)id, (void)text;
    return ${body};
}
")
  if(body MATCHES "^read: (.*)$")
    file(WRITE ${OUT}/misuse.c "#include \"store/query.h\"
int64_t read_row(const struct rows *rows);
int64_t read_row(const struct rows *rows)
{
    ${CMAKE_MATCH_1};
}
")
  endif()
  execute_process(COMMAND ${CC} -std=gnu17 -D_GNU_SOURCE ${FLAGS} ${SEES} -fsyntax-only ${OUT}/misuse.c
                  RESULT_VARIABLE failed ERROR_VARIABLE errors)
  set(${out} ${failed} PARENT_SCOPE)
  set(${said} "${errors}" PARENT_SCOPE)
endfunction()

function(good body)
  compiles("${body}" failed said)
  if(failed)
    message(SEND_ERROR "should compile: ${body}\n${said}")
  endif()
endfunction()

function(bad why body)
  compiles("${body}" failed said)
  if(NOT failed)
    message(SEND_ERROR "compiles, with ${why}: ${body}")
  elseif(NOT said MATCHES "misuse.c:[0-9]+")
    message(SEND_ERROR "fails for a reason of its own: ${body}\n${said}")
  endif()
endfunction()

good("sql_api_keys_delete(.user_id = id, .id = 1)")
good("sql_api_keys_delete(.id = 1, .user_id = id)")
good("sql_sessions_delete(.id_hash = text)")
good("sql_settings_set_rate(.rate_per_minute = sql_decimal(id, 4))")
good("sql_settings_list()")
bad("one too few" "sql_api_keys_delete(.user_id = id)")
bad("one too few, and a comma" "sql_api_keys_delete(.user_id = id, )")
bad("none" "sql_api_keys_delete()")
bad("none of one" "sql_sessions_delete()")
bad("one too many" "sql_settings_list(.user_id = id)")
bad("another statement's" "sql_api_keys_delete(.user_id = id, .email = text)")
bad("one twice" "sql_api_keys_delete(.user_id = id, .user_id = id)")
bad("a text for a number" "sql_api_keys_delete(.user_id = id, .id = text)")
bad("a number for a text" "sql_sessions_delete(.id_hash = id)")
bad("a text for an exact number" "sql_settings_set_rate(.rate_per_minute = text)")
bad("a long number for a short one" "sql_meetings_load(.after_id = text, .most = id)")
bad("a fraction" "sql_api_keys_delete(.user_id = id, .id = 1.5)")
bad("a statement that isn't there" "sql_api_keys_forget(.user_id = id)")
if(ID STREQUAL "GNU") # clang has no words for these; an assertion finds the first
  bad("a whole number for an exact one" "sql_settings_set_rate(.rate_per_minute = id)")
  bad("no names" "sql_api_keys_delete(id, 1)")
  bad("one without its name" "sql_api_keys_delete(.user_id = id, 1)")
endif()

good("read: return sql_users_leave_company_row(rows, 0).user_id")
bad("a column that isn't there" "read: return sql_users_leave_company_row(rows, 0).company_id")
bad("a text as a number" "read: return sql_users_leave_company_row(rows, 0).email")
bad("a row where there is none" "read: return sql_sessions_delete_row(rows, 0).id")
