// What is fuzzed. Each function takes any bytes and ends the process if something is wrong: the fuzzers and the test
// of the corpora run the same.
#ifndef NBO_TESTS_FUZZ_TARGETS_H_
#define NBO_TESTS_FUZZ_TARGETS_H_

#include "absl/strings/string_view.h"

namespace nbo::fuzz {

// Bytes are the text of a rule: it gives a tree whose places lie in the text, or one located mistake.
void FuzzParser(absl::string_view bytes);

// Bytes are a rule and values for its names; rules_target.cc says what must agree about its result.
void FuzzRules(absl::string_view bytes);

// Bytes are the YAML of a catalog: it compiles and decides for a customer, or gives located mistakes.
void FuzzCatalog(absl::string_view bytes);

// Bytes are one that picks a message of the API, and its JSON: it is read as protobuf reads it and survives being
// written and read again, or is refused by name.
void FuzzJson(absl::string_view bytes);

}  // namespace nbo::fuzz

#endif  // NBO_TESTS_FUZZ_TARGETS_H_
