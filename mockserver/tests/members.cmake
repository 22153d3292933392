# members.cmake - checks that an export and a recording are complete: every member of a record has a row in record_types.c, and every member of the
# other structs of a world and of the mock's options is used in the file that exports or records it.
#
# In record_types.c a member follows the name of its record, for example TEXT(account, handle); times are written without _ms.
# Run: cmake -DROOT=<source folder> -P mockserver/tests/members.cmake

cmake_policy(VERSION 3.25)

# Pairs: header, struct.
set(RECORDS
  tenant organization tenant key tenant space account account oauth_attempt oauth_attempt post content post post post destination
  lease lease_request lease pool_account lease wallet_entry ad_account ad_account connection layer connection onboarding
  webhook webhook webhook delivery media media)

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
  state/webhook.h delivery_faults  state/record_types.c none
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

file(READ ${ROOT}/mockserver/state/record_types.c types)
string(REGEX REPLACE "[ \t\n]+" " " types "${types}")
string(REGEX MATCHALL " RECORD_TYPE\\(RECORD_" kinds "${types}")
list(LENGTH kinds kind_count)
list(LENGTH RECORDS record_count)
math(EXPR record_count "${record_count} / 2")
if(NOT kind_count EQUAL record_count)
  report("there are ${kind_count} kinds of records, but RECORDS lists ${record_count}")
endif()

set(rest ${RECORDS})
while(rest)
  list(POP_FRONT rest header record)
  members_of(state/${header}.h ${record} members)
  foreach(member IN LISTS members)
    math(EXPR seen "${seen} + 1")
    string(REGEX REPLACE "_ms$" "" word ${member})
    if(NOT member MATCHES "^(provider|digest|faults)$" AND
       NOT types MATCHES "\\(${record}, ([a-z_]+, )?(${word}|${member})[,)]")
      report("struct ${record} has the member '${member}', but record_types.c has no row for it: an export would lose it")
    endif()
  endforeach()
endwhile()

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

if(seen LESS 200)
  message(FATAL_ERROR "only ${seen} members found: the patterns of this file no longer match the headers")
endif()
message(STATUS "${seen} members checked, ${wrong} missing")
