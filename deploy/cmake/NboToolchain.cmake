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
if(NBO_ASAN)
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
