# layer(rtp NEEDS net common [TEST_NEEDS srtp] [PKG nice] [LIBS m]): a folder is a layer. Its *.c become a static
# library; each *_test.c and *_fuzz.c becomes a program and a ctest.
#
# A layer sees its own headers and those of the layers it NEEDS; its tests see those of TEST_NEEDS too. Nothing else is
# found by the compiler: every layer has an include directory of its own that holds nothing but a link named after the
# folder, and what a layer NEEDS is not passed on to those who need the layer; the build proves it (layer_check_sight).
# So a layer also names what the headers that it includes include. Libraries are linked all the way down.
#
# A .c without a test of its name (x_test.c, x_db_test.c, x_oom_test.c, x_fuzz.c) is named with the test that covers it:
# layer(room … COVERED "sfu/sim/room_test.c: assign hub track"). A test is a file of this folder, or a path from the
# top. The build refuses a .c that nobody tests; scripts/covered says how much of each its test runs.
#
# LAYER_PREFIX keeps sfu/api and control/api apart; a NEEDS name is looked up with the prefix first.

set(ONEPIZZA_FUZZ_SECONDS 10 CACHE STRING "how long each fuzz target runs as a test")
option(ONEPIZZA_OOM_ALL "let each allocation of each unit test fail, not only the first from each place" OFF)

# "api/meetings" is the layer of a folder in a folder; its headers are "api/meetings/x.h".
function(layer_resolve name out)
  string(REPLACE "/" "_" name ${name})
  if(TARGET ${LAYER_PREFIX}${name})
    set(${out} ${LAYER_PREFIX}${name} PARENT_SCOPE)
  elseif(TARGET ${name})
    set(${out} ${name} PARENT_SCOPE)
  else()
    message(FATAL_ERROR "layer '${name}' is not known here: add it to the CMakeLists.txt above, in layer order")
  endif()
endfunction()

# target sees the headers of the layers in the list, and is linked with them.
function(layer_needs target)
  foreach(need IN LISTS ARGN)
    layer_resolve(${need} needed)
    target_link_libraries(${target} PRIVATE ${needed})
  endforeach()
endfunction()

function(layer name)
  cmake_parse_arguments(PARSE_ARGV 1 L "" "" "NEEDS;TEST_NEEDS;PKG;LIBS;COVERED")
  if(L_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "layer(${name}): what is ${L_UNPARSED_ARGUMENTS}?")
  endif()
  string(REPLACE "/" "_" target ${LAYER_PREFIX}${name})
  set(dir ${CMAKE_CURRENT_SOURCE_DIR})
  set(inc ${CMAKE_BINARY_DIR}/include/${target})
  get_filename_component(above ${inc}/${name} DIRECTORY)
  file(MAKE_DIRECTORY ${above})
  file(CREATE_LINK ${dir} ${inc}/${name} SYMBOLIC)

  file(GLOB all CONFIGURE_DEPENDS ${dir}/*.c)
  set(sources ${all})
  list(FILTER sources EXCLUDE REGEX "(_test|_fuzz|main)\\.c$")
  if(NOT sources)
    file(WRITE ${CMAKE_BINARY_DIR}/empty.c "typedef int onepizza_empty;\n")
    set(sources ${CMAKE_BINARY_DIR}/empty.c)
  endif()
  add_library(${target} STATIC ${sources})
  target_include_directories(${target} PUBLIC ${inc})
  layer_needs(${target} ${L_NEEDS})
  foreach(pkg IN LISTS L_PKG)
    string(MAKE_C_IDENTIFIER PKG_${pkg} id)
    pkg_check_modules(${id} REQUIRED IMPORTED_TARGET GLOBAL ${pkg})
    target_link_libraries(${target} PRIVATE PkgConfig::${id})
  endforeach()
  target_link_libraries(${target} PRIVATE ${L_LIBS})
  set_property(GLOBAL APPEND PROPERTY LAYERS ${target}) # for scripts/purity
  layer_check_covered(${dir} "${sources}" ${L_COVERED})
  layer_check_headers(${target} ${dir} ${L_NEEDS})
  layer_tests(${target} ${dir} "${all}" ${L_NEEDS} ${L_TEST_NEEDS})
endfunction()

# Each source has a test of its name, or is named in exactly one line of COVERED, by a test that is there.
function(layer_check_covered dir sources)
  set(covered)
  foreach(line IN LISTS ARGN)
    string(REGEX MATCH "^([^:]+): (.+)$" good "${line}")
    set(test ${CMAKE_MATCH_1})
    string(REPLACE " " ";" names "${CMAKE_MATCH_2}")
    if(NOT good OR NOT (EXISTS ${dir}/${test} OR EXISTS ${PROJECT_SOURCE_DIR}/${test}))
      message(FATAL_ERROR "${dir}: COVERED \"${line}\" names no test that is there")
    endif()
    list(APPEND covered ${names})
  endforeach()
  foreach(source IN LISTS sources)
    get_filename_component(name ${source} NAME_WE)
    file(GLOB own ${dir}/${name}_test.c ${dir}/${name}_db_test.c ${dir}/${name}_oom_test.c ${dir}/${name}_fuzz.c)
    list(FIND covered ${name} at)
    if(own AND NOT at EQUAL -1)
      message(FATAL_ERROR "${source} has a test of its name: take it out of COVERED")
    elseif(NOT own AND at EQUAL -1 AND NOT source MATCHES "/empty\\.c$")
      message(FATAL_ERROR "${source} has no test of its name: write one, or name in COVERED which test covers it")
    endif()
    list(REMOVE_ITEM covered ${name})
  endforeach()
  if(covered)
    message(FATAL_ERROR "${dir}: COVERED names ${covered}, which isn't there")
  endif()
endfunction()

# A main.c that stands on layers: layer_program(onepizza-sfu NEEDS api common).
function(layer_program program)
  cmake_parse_arguments(PARSE_ARGV 1 L "" "" "NEEDS")
  add_executable(${program} main.c)
  layer_needs(${program} ${L_NEEDS})
endfunction()

# Every header compiles alone, and none is seen that the layer doesn't name.
function(layer_check_headers target dir)
  file(GLOB headers CONFIGURE_DEPENDS ${dir}/*.h)
  set(units)
  foreach(header IN LISTS headers)
    get_filename_component(base ${header} NAME)
    set(unit ${CMAKE_BINARY_DIR}/headers/${target}/${base}.c)
    file(CONFIGURE OUTPUT ${unit} CONTENT "#include \"${header}\"\ntypedef int onepizza_header_compiles_alone;\n")
    list(APPEND units ${unit})
  endforeach()
  layer_check_sight(${target} sight ${ARGN})
  add_library(${target}_headers OBJECT ${units} ${sight})
  layer_needs(${target}_headers ${target} ${ARGN})
endfunction()

# A file that doesn't compile if the layer's compiler flags find a header of any folder but its own and those it NEEDS.
file(GLOB LAYER_ALL_HEADERS CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/common/*.h ${PROJECT_SOURCE_DIR}/sandbox/*.h
     ${PROJECT_SOURCE_DIR}/sfu/*/*.h
     ${PROJECT_SOURCE_DIR}/control/*/*.h ${PROJECT_SOURCE_DIR}/control/*/*/*.h ${PROJECT_SOURCE_DIR}/loadtest/*.h)
function(layer_check_sight target out)
  set(folders)
  foreach(need IN LISTS target ARGN)
    layer_resolve(${need} needed)
    get_target_property(folder ${needed} SOURCE_DIR)
    list(APPEND folders ${folder})
  endforeach()
  set(seen)
  set(hidden)
  foreach(header IN LISTS LAYER_ALL_HEADERS)
    get_filename_component(folder ${header} DIRECTORY)
    string(REGEX MATCH "(api/[^/]+|[^/]+)/[^/]+$" name ${header}) # api/x.h, api/meetings/x.h
    if(folder IN_LIST folders)
      list(APPEND seen ${name})
    else()
      list(APPEND hidden ${name})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES hidden)
  list(REMOVE_ITEM hidden ${seen} none) # sfu/api and control/api have files of the same name
  set(text "typedef int onepizza_sees_what_it_names;\n")
  foreach(name IN LISTS hidden)
    string(APPEND text "#if __has_include(\"${name}\")\n"
           "#error \"${target} finds ${name}, which it doesn't name\"\n#endif\n")
  endforeach()
  set(unit ${CMAKE_BINARY_DIR}/headers/${target}/sight.c)
  file(CONFIGURE OUTPUT ${unit} CONTENT "${text}")
  set(${out} ${unit} PARENT_SCOPE)
endfunction()

function(layer_tests target dir all)
  foreach(source IN LISTS all)
    get_filename_component(base ${source} NAME_WE)
    if(base MATCHES "_test$")
      if(base MATCHES "_oom_test$") # has an allocator of its own
        add_executable(${target}_${base} ${source})
      else()
        layer_test_program(${target}_${base} ${source})
      endif()
      layer_needs(${target}_${base} ${target} ${ARGN})
      target_link_libraries(${target}_${base} PRIVATE cmocka)
      add_test(NAME ${target}/${base} COMMAND ${target}_${base})
      set(label unit)
      if(base MATCHES "_db_test$")
        set(label db)
      endif()
      set_tests_properties(${target}/${base} PROPERTIES LABELS ${label} TIMEOUT 600)
      if(label STREQUAL unit AND NOT base MATCHES "_oom_test$" AND ONEPIZZA_SANITIZE MATCHES address)
        layer_test_again(${target} ${base})
      endif()
    elseif(base MATCHES "_fuzz$")
      layer_fuzz(${target} ${dir} ${source} ${base} ${ARGN})
    endif()
  endforeach()
endfunction()

add_library(onepizza_oom STATIC ${PROJECT_SOURCE_DIR}/cmake/oom.c)
target_compile_definitions(onepizza_oom PRIVATE ONEPIZZA_SOURCE="${PROJECT_SOURCE_DIR}")
set(LAYER_OOM_WRAPS abort malloc calloc realloc aligned_alloc strdup strndup _cmocka_run_group_tests
    _assert_true _assert_int_equal)
list(TRANSFORM LAYER_OOM_WRAPS PREPEND -Wl,--wrap=)

# A cmocka program that can be run again with its allocations failing, one by one.
function(layer_test_program program source)
  add_executable(${program} ${source})
  target_link_libraries(${program} PRIVATE onepizza_oom) # before the layers, as oom.c says
  target_link_options(${program} PRIVATE ${LAYER_OOM_WRAPS})
endfunction()

function(layer_test_again target base)
  add_test(NAME ${target}/${base}/oom COMMAND ${target}_${base})
  set(env OOM=places)
  if(ONEPIZZA_OOM_ALL)
    set(env OOM=all)
  endif()
  # the sanitizers end with 99 where cmocka tells how many tests failed, and cmocka takes no signal away from them
  list(APPEND env UBSAN_OPTIONS=exitcode=99:print_stacktrace=1
       ASAN_OPTIONS=exitcode=99:handle_segv=2:handle_sigbus=2:handle_sigfpe=2:handle_abort=2)
  set_tests_properties(${target}/${base}/oom PROPERTIES LABELS oom TIMEOUT 3600 ENVIRONMENT "${env}")
endfunction()

# x_fuzz.c defines LLVMFuzzerTestOneInput; its corpus is the folder x_corpus/ beside it.
function(layer_fuzz target dir source base)
  string(REGEX REPLACE "_fuzz$" "_corpus" corpus ${base})
  set(program ${target}_${base})
  if(ONEPIZZA_FUZZ)
    add_executable(${program} ${source})
    target_compile_options(${program} PRIVATE -fsanitize=fuzzer)
    target_link_options(${program} PRIVATE -fsanitize=fuzzer)
    set(work ${CMAKE_BINARY_DIR}/fuzz/${program})
    file(MAKE_DIRECTORY ${work})
    add_test(NAME ${target}/${base} COMMAND ${program} -max_total_time=${ONEPIZZA_FUZZ_SECONDS} -timeout=5
             -rss_limit_mb=2048 -max_len=8192 -print_final_stats=1 -artifact_prefix=${work}/ ${work} ${dir}/${corpus})
    math(EXPR limit "${ONEPIZZA_FUZZ_SECONDS} + 60")
    set_tests_properties(${target}/${base} PROPERTIES LABELS fuzz TIMEOUT ${limit})
  else()
    add_executable(${program} ${source} ${PROJECT_SOURCE_DIR}/cmake/fuzz_replay.c)
    add_test(NAME ${target}/${base} COMMAND ${program} ${dir}/${corpus})
    set_tests_properties(${target}/${base} PROPERTIES LABELS unit TIMEOUT 120)
  endif()
  layer_needs(${program} ${target} ${ARGN})
endfunction()
