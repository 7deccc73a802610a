// Holds the evaluation of a formula over columns against its evaluation row by row.
#ifndef NBO_TESTS_FUZZ_RULES_COLUMNS_CHECK_H_
#define NBO_TESTS_FUZZ_RULES_COLUMNS_CHECK_H_

#include <cstdint>
#include <string>

#include "tests/fuzz/rules/world.h"

namespace nbo::fuzz {

// What a check came across.
struct ColumnsChecked {
  bool compiled = false;  // the formula is one for columns, and some of its names vary
  int rows = 0;
  int failures = 0;  // rows for which the formula fails
};

// Lets some of the numbers and bools that `rule` may name vary over some rows; the rest stay as in `world`. What varies
// and its values follow from `seed`. Both evaluations must agree on each row: to the bit, or on the error.
ColumnsChecked CheckColumns(const std::string& rule, const World& world, uint64_t seed);

}  // namespace nbo::fuzz

#endif  // NBO_TESTS_FUZZ_RULES_COLUMNS_CHECK_H_
