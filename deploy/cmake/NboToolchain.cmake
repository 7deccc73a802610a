# Compiler, linker and sanitizer settings that hold for every target.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wno-unused-parameter -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  # The lock annotations are contracts: breaking one does not compile.
  add_compile_options(-Werror=thread-safety)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  string(REPLACE "-O3" "-O2" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")  # -O3 measured no faster
  add_compile_options(-g1)  # line tables: readable profiles and stack traces
endif()

set(NBO_SANITIZED OFF)
if(NBO_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES Clang)
    message(FATAL_ERROR "NBO_FUZZ needs clang: -DCMAKE_C_COMPILER=clang-14 -DCMAKE_CXX_COMPILER=clang++-14")
  endif()
  # Assertions are on: breaking one is a finding.
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -UNDEBUG)
  add_link_options(-fsanitize=address,undefined)
  set(NBO_SANITIZED ON)
elseif(NBO_ASAN)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
  set(NBO_SANITIZED ON)
elseif(NBO_TSAN)
  add_compile_options(-fsanitize=thread)
  add_link_options(-fsanitize=thread)
  set(NBO_SANITIZED ON)
endif()
if(NBO_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()

# For targets that include RapidJSON, which the sanitizer would stop at (tests/ubsan.ignore says why it may pass).
function(nbo_includes_rapidjson target)
  if(NBO_SANITIZED AND CMAKE_CXX_COMPILER_ID MATCHES Clang)
    target_compile_options(${target} PRIVATE -fsanitize-ignorelist=${CMAKE_SOURCE_DIR}/tests/ubsan.ignore)
  endif()
endfunction()
