# members.cmake - nothing in a world is forgotten: every member of its structs is told by a row of its table, or known to the export; and no option of
# the mock by a recording.
#
# A record's members stand in record_types.c behind its own name: TEXT(account, handle); times without their _ms. Of the other structs a row says
# which file knows them, and what is not looked for there.
# Run: cmake -DROOT=<source folder> -P mockserver/tests/members.cmake

cmake_policy(VERSION 3.25)

set(RECORDS
  tenant organization tenant key tenant space account account oauth_attempt oauth_attempt post content post post post destination
  lease lease_request lease pool_account wallet wallet_entry ad_account ad_account layer layer layer onboarding
  webhook webhook delivery delivery media media)

# What is told through functions of its own, or is of no moment, is left out.
set(OTHERS
  state/world.h    world          namespaces/export.c
    "records,events,changes,replies,indexes,in_event,event_at_ms,strings,cause,caller,checks"
  state/world.h    world_timings  namespaces/export.c none
  state/world.h    world_webhooks namespaces/export.c none
  state/changes.h  change         namespaces/export.c none
  state/events.h   event          namespaces/export.c done
  state/quota.h    quota          namespaces/export.c none
  state/quota.h    quota_window   namespaces/export.c none
  state/replies.h  reply          namespaces/export.c none
  state/delivery.h delivery_faults  state/record_types.c none
  mock.h           mock_options   recording/header.c none
  namespaces/namespaces.h namespaces_limits recording/header.c none)

set(seen 0)
set(wrong 0)

# The names that a struct declares.
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

function(tell text)
  message(SEND_ERROR "${text}")
  math(EXPR wrong "${wrong} + 1")
  set(wrong ${wrong} PARENT_SCOPE)
endfunction()

file(READ ${ROOT}/mockserver/state/record_types.c shapes)
string(REGEX REPLACE "[ \t\n]+" " " shapes "${shapes}")
string(REGEX MATCHALL " RECORD_TYPE\\(RECORD_" kinds "${shapes}")
list(LENGTH kinds kind_count)
list(LENGTH RECORDS record_count)
math(EXPR record_count "${record_count} / 2")
if(NOT kind_count EQUAL record_count)
  tell("there are ${kind_count} kinds of records, and ${record_count} are looked at here")
endif()

set(rest ${RECORDS})
while(rest)
  list(POP_FRONT rest header record)
  members_of(state/${header}.h ${record} members)
  foreach(member IN LISTS members)
    math(EXPR seen "${seen} + 1")
    string(REGEX REPLACE "_ms$" "" word ${member})
    if(NOT member MATCHES "^(provider|digest|faults)$" AND
       NOT shapes MATCHES "\\(${record}, ([a-z_]+, )?(${word}|${member})[,)]")
      tell("struct ${record} has '${member}', and record_types.c no row for it: an export would lose it")
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
      tell("struct ${name} has '${member}', and ${file} does not know it")
    endif()
  endforeach()
endwhile()

if(seen LESS 200)
  message(FATAL_ERROR "only ${seen} members were seen: can this file read the headers?")
endif()
message(STATUS "${seen} members checked, ${wrong} forgotten")
