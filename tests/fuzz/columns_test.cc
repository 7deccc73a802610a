// Random formulas over columns of random values give what they give row by row.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/fuzz/rules/byte_source.h"
#include "tests/fuzz/rules/columns_check.h"
#include "tests/fuzz/rules/generator.h"
#include "tests/fuzz/rules/world.h"

namespace nbo::fuzz {
namespace {

constexpr uint64_t kSeeds = 30'000;

std::string RandomBytes(size_t count, std::mt19937_64* random) {
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>((*random)());
  return bytes;
}

// A check that fails ends the process and tells the formula and the seed.
TEST(ColumnFormula, GivesWhatTheExpressionGivesRowByRow) {
  int compiled = 0, failing = 0, partly = 0;
  int64_t rows = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    std::mt19937_64 random(seed);
    const std::string world_bytes = RandomBytes(400, &random);
    const std::string rule_bytes = RandomBytes(20 + random() % 300, &random);
    ByteSource values(world_bytes), grammar(rule_bytes);
    const World world(&values);
    const rules::Type type = random() % 5 == 0 ? rules::Type::kInt : rules::Type::kDouble;
    const ColumnsChecked checked = CheckColumns(Generator(&grammar).Make(type), world, seed);
    compiled += checked.compiled;
    rows += checked.rows;
    failing += checked.failures > 0;
    partly += checked.failures > 0 && checked.failures < checked.rows;
  }
  RecordProperty("formulas", compiled);
  RecordProperty("rows", std::to_string(rows));
  RecordProperty("failing", failing);
  EXPECT_GT(compiled, 3'000) << "formulas that are refused prove nothing";
  EXPECT_GT(failing, 300) << "nor do formulas that never fail";
  EXPECT_GT(partly, 100) << "nor those that fail for all rows";
}

}  // namespace
}  // namespace nbo::fuzz
