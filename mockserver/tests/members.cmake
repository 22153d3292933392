# members.cmake - checks that an export and a recording are complete: every member of the structs of a world, except the records, and of the
# mock's options is used in the file that exports or records it. records_test.c checks the records.
#
# Run: cmake -DROOT=<source folder> -P mockserver/tests/members.cmake

cmake_policy(VERSION 3.25)

# Rows: header, struct, the file that must use its members, and members that it need not use.
set(OTHERS
  state/world.h    world          runtime/export.c
    "records,events,changes,replies,indexes,in_event,event_at_ms,strings,cause,caller,checks"
  state/world.h    world_timings  runtime/export.c none
  state/world.h    world_webhooks runtime/export.c none
  state/world.h    change         runtime/export.c none
  state/world.h   world_event    runtime/export.c done
  state/tenant.h   quota          runtime/export.c none
  state/tenant.h   quota_window   runtime/export.c none
  state/replies.h  reply          runtime/export.c none
  runtime/mock.h           mock_options   recording/header.c none
  runtime/namespaces.h namespaces_limits recording/header.c none)

set(seen 0)
set(wrong 0)

# Sets `out` to the names of the members that the struct declares.
function(members_of header name out)
  file(READ ${ROOT}/mockserver/${header} text)
  string(REGEX REPLACE "/\\*([^*]|\\*[^/])*\\*/" " " text "${text}")
  if(NOT text MATCHES "struct ${name} {([^}]*)}")
    message(FATAL_ERROR "${header} has no struct ${name}")
  endif()
  string(REGEX REPLACE "[ \t\n]+" " " body "${CMAKE_MATCH_1}")
  string(REGEX MATCHALL "[a-z_]+(\\[[A-Z_0-9]+\\])? *[,;]" names "${body}")
  set(found "")
  foreach(member IN LISTS names)
    string(REGEX MATCH "^[a-z_]+" member "${member}")
    list(APPEND found ${member})
  endforeach()
  set(${out} ${found} PARENT_SCOPE)
endfunction()

function(report text)
  message(SEND_ERROR "${text}")
  math(EXPR wrong "${wrong} + 1")
  set(wrong ${wrong} PARENT_SCOPE)
endfunction()

set(rest ${OTHERS})
while(rest)
  list(POP_FRONT rest header name file left_out)
  file(READ ${ROOT}/mockserver/${file} knows)
  members_of(${header} ${name} members)
  string(REPLACE "," ";" left_out "${left_out}")
  foreach(member IN LISTS members)
    math(EXPR seen "${seen} + 1")
    if(NOT member IN_LIST left_out AND NOT knows MATCHES "(->|\\.|\\()${member}[^a-z_]")
      report("struct ${name} has the member '${member}', but ${file} does not use it")
    endif()
  endforeach()
endwhile()

if(seen LESS 60)
  message(FATAL_ERROR "only ${seen} members found: the patterns of this file no longer match the headers")
endif()
message(STATUS "${seen} members checked, ${wrong} missing")
