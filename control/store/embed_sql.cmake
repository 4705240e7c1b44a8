# cmake -DOUT=dir -DSQL=dir -P embed_sql.cmake: writes OUT/sql_embedded.h and .c from the files below SQL.
#   queries/<topic>/<name>.sql  ->  the statement SQL_<NAME>, prepared on every connection, and its C interface
#                                   (statement.h), from the lines at the top of the file:
#                                       -- <name>: what it does
#                                       -- arg <name> <type> [null][: what it is]   in the order of $1, $2, …
#                                       -- col <name> <type> [null][: what it is]   in the order of what it selects
#                                       -- cols of <another>                        the same columns as another file's
#   schema/schema_<verb>.sql    ->  sql_schema_<verb>: run as text while a connection comes up
#   migrations/NNNN_what.sql    ->  a row of sql_migrations[], in order, with its own entry in schema_migrations at its
#                                   end; sent as one message, which PostgreSQL runs as one transaction
# A column of type void isn't named: nobody reads it.
cmake_minimum_required(VERSION 3.25)

# type          as an argument          as a column    how it travels   what PostgreSQL calls it
set(types
  "text         const@char@*            const@char@*   TEXT             text"
  "json         const@char@*            const@char@*   TEXT             json"
  "jsonb        const@char@*            const@char@*   TEXT             jsonb"
  "uuid         const@char@*            const@char@*   TEXT             uuid"
  "bigints      const@char@*            const@char@*   TEXT             bigint[]"
  "integer      int32_t@                int32_t@       INT32            integer"
  "bigint       int64_t@                int64_t@       INT64            bigint"
  "usec         usec_t@                 usec_t@        INT64            bigint"
  "boolean      bool@                   bool@          BOOL             boolean"
  "numeric      struct@sql_decimal@     const@char@*   DECIMAL          numeric")
foreach(row IN LISTS types)
  string(REGEX REPLACE " +" ";" row "${row}")
  list(GET row 0 type)
  list(GET row 1 in)
  list(GET row 2 out)
  string(REPLACE "@" " " c_arg_${type} "${in}")
  string(REPLACE "@" " " c_col_${type} "${out}")
  list(GET row 3 as_${type})
  list(GET row 4 pg_${type})
endforeach()

function(c_string text out)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n\"\n    \"" text "${text}")
  set(${out} "\"${text}\"" PARENT_SCOPE)
endfunction()

# The lines "-- <kind> …" (arg or col) of a file: <kind>_members, the members of a struct; <kind>_fields, the rows of a
# struct sql_field[] that describes them; <kind>_n.
function(read_fields file struct kind)
  set(members)
  set(fields)
  set(n 0)
  file(STRINGS ${file} lines REGEX "^-- ${kind} ")
  foreach(line IN LISTS lines)
    string(REGEX MATCH "^-- ${kind} ([a-z][a-z0-9_]*) ([a-z]+)( null)?(: .*)?$" found "${line}")
    set(name ${CMAKE_MATCH_1})
    set(type ${CMAKE_MATCH_2})
    set(is_nullable false)
    set(has "0")
    if(CMAKE_MATCH_3)
      set(is_nullable true)
    endif()
    if(NOT found OR NOT DEFINED as_${type})
      message(FATAL_ERROR "${file}: '${line}' should be: -- ${kind} <name> <type> [null][: what it is]")
    endif()
    string(REPLACE "\\;" ";" what "${CMAKE_MATCH_4}")
    string(REGEX REPLACE "^: (.*)$" " /* \\1 */" what "${what}")
    string(APPEND members "    ${c_${kind}_${type}}${name};${what}\n")
    if(is_nullable AND kind STREQUAL "col" AND NOT c_col_${type} MATCHES "[*]")
      string(APPEND members "    bool has_${name}; /* it isn't null */\n")
      set(has "offsetof(struct ${struct}, has_${name})")
    endif()
    string(APPEND fields "    {\"${name}\", \"${pg_${type}}\", SQL_AS_${as_${type}}, ${is_nullable}, "
                         "offsetof(struct ${struct}, ${name}), ${has}},\n")
    math(EXPR n "${n} + 1")
  endforeach()
  set(${kind}_members "${members}" PARENT_SCOPE)
  set(${kind}_fields "${fields}" PARENT_SCOPE)
  set(${kind}_n ${n} PARENT_SCOPE)
endfunction()

# Appends the interface of a statement to `interface`, its tables to `tables`, and its row to `statements`.
function(add_statement file name text)
  string(TOUPPER ${name} upper)
  file(STRINGS ${file} head LIMIT_COUNT 1)
  if(NOT head MATCHES "^-- ${name}: ")
    message(FATAL_ERROR "${file}: its first line should be: -- ${name}: what it does")
  endif()
  string(REGEX REPLACE "^-- " "" head "${head}")
  string(REPLACE "\\;" ";" head "${head}")
  string(APPEND interface "\n/* ${head} */\n")
  read_fields(${file} sql_${name} arg)
  if(arg_n)
    string(APPEND interface "struct sql_${name} {\n${arg_members}} SQL_BY_NAME;\n#define sql_${name}(...) "
                            "SQL_QUERY(SQL_${upper}, ${arg_n}, struct sql_${name}, __VA_ARGS__)\n")
    string(APPEND tables "static const struct sql_field args_${name}[] = {\n${arg_fields}};\n")
    set(args args_${name})
  else()
    string(APPEND interface "#define sql_${name}() ((struct sql_query){SQL_${upper}, NULL})\n")
    set(args NULL)
  endif()
  file(STRINGS ${file} of REGEX "^-- cols of ")
  if(of MATCHES "^-- cols of ([a-z0-9_]+)$")
    set(cols cols_${CMAKE_MATCH_1})
    set(col_n "ARRAY_LEN(${cols})")
  else()
    read_fields(${file} sql_${name}_row col)
    set(cols cols_${name})
    if(col_n)
      string(APPEND interface "struct sql_${name}_row {\n${col_members}};\n"
        "static inline struct sql_${name}_row sql_${name}_row(const struct rows *rows, unsigned row)\n{\n"
        "    struct sql_${name}_row r = {0};\n    rows_read(rows, row, SQL_${upper}, &r);\n    return r;\n}\n")
      string(APPEND tables "static const struct sql_field cols_${name}[] = {\n${col_fields}};\n")
    else()
      set(cols NULL)
    endif()
  endif()
  c_string("${text}" quoted)
  string(APPEND statements
    "    [SQL_${upper}] = {\"${name}\", ${args}, ${arg_n}, ${cols}, ${col_n},\n    ${quoted}},\n")
  foreach(out IN ITEMS interface tables statements)
    set(${out} "${${out}}" PARENT_SCOPE)
  endforeach()
endfunction()

set(names)
set(enumerators)
set(interface)
set(tables)
set(statements)
file(GLOB files ${SQL}/queries/*/*.sql)
list(SORT files)
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME_WE)
  if(name IN_LIST names)
    message(FATAL_ERROR "${file}: there is another file of that name")
  endif()
  list(APPEND names ${name})
  string(TOUPPER ${name} upper)
  string(APPEND enumerators "    SQL_${upper},\n")
  file(READ ${file} text)
  add_statement(${file} ${name} "${text}")
endforeach()

set(schema_h)
set(schema_c)
file(GLOB files ${SQL}/schema/*.sql)
list(SORT files)
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} text)
  c_string("${text}" quoted)
  string(APPEND schema_h "extern const char sql_${name}[];\n")
  string(APPEND schema_c "const char sql_${name}[] =\n    ${quoted};\n")
endforeach()

set(migrations)
file(GLOB files ${SQL}/migrations/*.sql)
list(SORT files)
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME_WE)
  if(NOT name MATCHES "^([0-9][0-9][0-9][0-9])_(.+)$")
    message(FATAL_ERROR "${file}: a migration's name begins with four digits")
  endif()
  set(what ${CMAKE_MATCH_2})
  math(EXPR version "1${CMAKE_MATCH_1} - 10000")
  file(READ ${file} text)
  string(APPEND text "INSERT INTO schema_migrations (version, name) VALUES (${version}, '${what}');\n")
  c_string("${text}" quoted)
  string(APPEND migrations "    {${version}, \"${what}\",\n    ${quoted}},\n")
endforeach()

file(WRITE ${OUT}/sql_embedded.h "/* Generated from sql/ by embed_sql.cmake. */
#pragma once
#include \"store/statement.h\"

enum sql_id {
${enumerators}    SQL_STATEMENTS
};

struct sql_migration {
    int version;
    const char *name, *text;
};

extern const struct sql_statement sql_statements[SQL_STATEMENTS];
extern const struct sql_migration sql_migrations[];
extern const unsigned sql_n_migrations;
${schema_h}${interface}")
file(WRITE ${OUT}/sql_embedded.c "/* Generated from sql/ by embed_sql.cmake. */
#include \"sql_embedded.h\"

${tables}
const struct sql_statement sql_statements[SQL_STATEMENTS] = {
${statements}};
const struct sql_migration sql_migrations[] = {
${migrations}};
const unsigned sql_n_migrations = sizeof sql_migrations / sizeof sql_migrations[0];
${schema_c}")
