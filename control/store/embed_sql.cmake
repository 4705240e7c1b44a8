# cmake -DOUT=dir -DSQL=dir -P embed_sql.cmake: writes OUT/sql_embedded.h and .c from SQL/*.sql.
#   <table>_<verb>.sql  ->  an enumerator SQL_<TABLE>_<VERB> and a row of sql_statements[]: prepared on every connection
#   schema_<verb>.sql   ->  sql_schema_<verb>: run as text while migrating
#   NNNN_what.sql       ->  a row of sql_migrations[], in order, with its own entry in schema_migrations at its end;
#                           sent as one message, which PostgreSQL runs as one transaction
function(c_string text out)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n\"\n    \"" text "${text}")
  set(${out} "\"${text}\"" PARENT_SCOPE)
endfunction()

file(GLOB files ${SQL}/*.sql)
list(SORT files)
set(enumerators)
set(statements)
set(migrations)
set(schema_h)
set(schema_c)
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} text)
  string(TOUPPER ${name} upper)
  if(name MATCHES "^([0-9][0-9][0-9][0-9])_(.+)$")
    math(EXPR version "1${CMAKE_MATCH_1} - 10000")
    string(APPEND text "INSERT INTO schema_migrations (version, name) VALUES (${version}, '${CMAKE_MATCH_2}');\n")
    c_string("${text}" quoted)
    string(APPEND migrations "    {${version}, \"${CMAKE_MATCH_2}\",\n    ${quoted}},\n")
  elseif(name MATCHES "^schema_")
    c_string("${text}" quoted)
    string(APPEND schema_h "extern const char sql_${name}[];\n")
    string(APPEND schema_c "const char sql_${name}[] =\n    ${quoted};\n")
  else()
    c_string("${text}" quoted)
    string(APPEND enumerators "    SQL_${upper},\n")
    string(APPEND statements "    [SQL_${upper}] = {\"${name}\",\n    ${quoted}},\n")
  endif()
endforeach()

file(WRITE ${OUT}/sql_embedded.h "/* Generated from sql/ by embed_sql.cmake. */
#pragma once
enum sql_id {
${enumerators}    SQL_STATEMENTS
};

struct sql_statement {
    const char *name, *text;
};
struct sql_migration {
    int version;
    const char *name, *text;
};

extern const struct sql_statement sql_statements[SQL_STATEMENTS];
extern const struct sql_migration sql_migrations[];
extern const unsigned sql_n_migrations;
${schema_h}")
file(WRITE ${OUT}/sql_embedded.c "/* Generated from sql/ by embed_sql.cmake. */
#include \"sql_embedded.h\"

const struct sql_statement sql_statements[SQL_STATEMENTS] = {
${statements}};
const struct sql_migration sql_migrations[] = {
${migrations}};
const unsigned sql_n_migrations = sizeof sql_migrations / sizeof sql_migrations[0];
${schema_c}")
