# layering.cmake - checks every #include line of the tree against a table of allowed dependencies.
#
# A row: a regular expression for the path of a file, then one for what the file may include. The first matching row counts.
# Run: cmake -DROOT=<source folder> -P base/tests/layering.cmake

set(ROWS
  "base/.*tests/"                "base/"
  "base/"                        "base/"
  "mockserver/(tests|bench)/"    "base/|mockserver/"
  "mockserver/state/"            "base/(arena|buf|digest|error|heap|log|str|time)\\.h|mockserver/state/"
  "mockserver/gate/"             "base/|mockserver/(state/|gate/|(call|route)\\.h)"
  "mockserver/rules/"            "base/|mockserver/(state/|rules/|(call|route|record_json|webhooks)\\.h|providers/providers\\.h)"
  "mockserver/client_checks/"          "base/|mockserver/(state/|client_checks/|gate/rate_limit\\.h|namespaces/namespaces\\.h|(call|journal|route)\\.h)"
  "mockserver/providers/providers" "base/|mockserver/(providers/|(call|route)\\.h)"
  "mockserver/deliver/"          "base/|mockserver/(state/|deliver/|webhooks\\.h)"
  "mockserver/admin/"          "base/|mockserver/(state/|gate/|rules/|client_checks/|admin/|fixture/|namespaces/|providers/providers\\.h|[a-z_]+\\.h)"
  "mockserver/reference/"        "base/|mockserver/(reference/|admin/(api|guide)\\.h|client_checks/client_checks\\.h|providers/providers\\.h|rules/rule\\.h|fixture/fixture\\.h|cli/options\\.h|(sample|webhooks|state/records)\\.h)"
  "mockserver/recording/"           "base/|mockserver/(recording/|deliver/deliver\\.h|fixture/|namespaces/|cli/(commands|options)\\.h|[a-z_]+\\.h)"
  "mockserver/fixture/"          "base/|mockserver/(state/|rules/rules\\.h|providers/providers\\.h|fixture/|[a-z_]+\\.h)"
  "mockserver/namespaces/"           "base/|mockserver/(state/|rules/rules\\.h|client_checks/client_checks\\.h|providers/providers\\.h|fixture/|namespaces/|[a-z_]+\\.h)"
  "mockserver/cli/"          "base/|mockserver/"
  "mockserver/[a-z_]+\\.[ch]"    "base/|mockserver/"
  "conformance/tests/"           "base/|conformance/"
  "conformance/(scenario|claims|plan)/" "base/|conformance/(scenario/|claims/|plan/|result\\.h)"
  "conformance/check/"           "base/|conformance/(check/|scenario/scenario\\.h|result\\.h)"
  "conformance/run/"             "base/|conformance/(scenario/|claims/|plan/|check/|run/|result\\.h)"
  "conformance/report/"          "base/|conformance/(report/|result\\.h)"
  "conformance/[a-z_]+\\.[ch]"   "base/|conformance/")

# A provider must not include another provider.
file(GLOB providers RELATIVE ${ROOT}/mockserver/providers ${ROOT}/mockserver/providers/*)
foreach(provider IN LISTS providers)
  if(IS_DIRECTORY ${ROOT}/mockserver/providers/${provider})
    list(PREPEND ROWS "mockserver/providers/${provider}/"
      "base/|mockserver/(state/|gate/|rules/|providers/${provider}/|fixture/fixture\\.h|(call|route|journal|variations|webhooks)\\.h)")
  endif()
endforeach()

# Each library may be included only by these files.
set(LIBRARIES
  "libfyaml.h"        "base/yaml[a-z_]*\\.c"
  "cjson/cJSON.h"     "base/json[a-z_]*\\.c"
  "microhttpd.h"      "base/http/server[a-z_]*\\.[ch]"
  "pcre2.h"           "base/(match|pattern)\\.c"
  "curl/"             "base/http/libcurl\\.h|mockserver/bench/"
  "openssl/"          "base/(digest|http/certificate)\\.c")

file(GLOB_RECURSE files RELATIVE ${ROOT}
  ${ROOT}/base/*.[ch] ${ROOT}/mockserver/*.[ch] ${ROOT}/conformance/*.[ch])
set(wrong 0)
set(seen 0)

foreach(file IN LISTS files)
  file(STRINGS ${ROOT}/${file} lines REGEX "^[ \t]*#[ \t]*include[ \t]*[<\"]")
  set(rows ${ROWS})
  set(allowed "")
  while(rows)
    list(POP_FRONT rows room may)
    if(file MATCHES "^${room}")
      set(allowed "^(${may})")
      break()
    endif()
  endwhile()
  if(allowed STREQUAL "")
    message(SEND_ERROR "${file}: no row of the layering table matches")
    math(EXPR wrong "${wrong} + 1")
  endif()
  foreach(line IN LISTS lines)
    math(EXPR seen "${seen} + 1")
    if(line MATCHES "include[ \t]*\"([^\"]+)\"")
      set(what ${CMAKE_MATCH_1})
      if(NOT what MATCHES "${allowed}")
        message(SEND_ERROR "${file}: may not include \"${what}\"")
        math(EXPR wrong "${wrong} + 1")
      endif()
    elseif(line MATCHES "include[ \t]*<([^>]+)>")
      set(what ${CMAKE_MATCH_1})
      set(libraries ${LIBRARIES})
      while(libraries)
        list(POP_FRONT libraries library owner)
        string(FIND "${what}" "${library}" at)
        if(at EQUAL 0 AND NOT file MATCHES "^(${owner})" AND NOT file MATCHES "/tests/")
          message(SEND_ERROR "${file}: may not include <${what}>, only ${owner} may")
          math(EXPR wrong "${wrong} + 1")
        endif()
      endwhile()
    endif()
  endforeach()
endforeach()

if(seen EQUAL 0)
  message(FATAL_ERROR "no #include line found; check ROOT")
endif()
message(STATUS "${seen} includes checked, ${wrong} not allowed")
