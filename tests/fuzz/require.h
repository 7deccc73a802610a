// Checks that stay in every build.
#ifndef NBO_TESTS_FUZZ_REQUIRE_H_
#define NBO_TESTS_FUZZ_REQUIRE_H_

#include <cstdio>
#include <cstdlib>
#include <string>

namespace nbo::fuzz {

// Ends the process, as fuzzers want it, unless `holds`. `context()` gives the text that says what it was about.
template <typename Context>
void Require(bool holds, const char* what, const Context& context) {
  if (holds) return;
  const std::string about = context();
  std::fprintf(stderr, "not so: %s\n%s\n", what, about.c_str());
  std::abort();
}

}  // namespace nbo::fuzz

#endif  // NBO_TESTS_FUZZ_REQUIRE_H_
