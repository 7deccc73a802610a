// Runs the rows of the CEL conformance suite that lie inside the subset. The files are not part of the repository.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_replace.h"
#include "tests/core/rules/rule_fixture.h"
#include "tests/core/rules/small_json.h"

#ifndef NBO_SOURCE_DIR
#define NBO_SOURCE_DIR "."
#endif

namespace nbo::rules {
namespace {

struct Row {
  std::string name;
  std::string expression;
  bool has_bindings = false;
  bool is_dynamic = false;  // relies on values whose type is known only when evaluated
  bool unchecked = false;   // the suite wants it evaluated although its types are wrong
  bool expects_error = false;
  std::string value_kind;  // "int64_value"
  std::string value;
};

// Why a rule of the suite may fail to compile here. Any other mistake is a failure of this test.
constexpr absl::string_view kOutside[] = {
    "not supported",      "unknown function",   "maps and messages",  "list cannot hold lists", "unknown name",
    "values of one type", "'size' cannot take", "is a reserved word", "fixed values",           "type(",
};

// At the end of the int range the suite compares after rounding the int to a double; ours is exact (LANGUAGE.md).
constexpr absl::string_view kDeliberatelyDifferent[] = {
    "lt_literal/not_lt_dyn_int_big_lossy_double",
    "gt_literal/not_gt_dyn_big_double_int",
    "lte_literal/lte_dyn_big_double_int",
    "gte_literal/gte_dyn_int_big_lossy_double",
};

std::filesystem::path DataFolder() {
  const char* folder = std::getenv("NBO_SHARED_DATA");
  const std::filesystem::path root(NBO_SOURCE_DIR);
  return (folder != nullptr ? std::filesystem::path(folder) : root / "../shared/data") / "cel_spec";
}

Row RowOf(const SmallJson& json) {
  Row row;
  row.name = json.At("section").text + "/" + json.At("name").text;
  // Where the suite hides a type from its checker, ours allows the same comparison openly.
  row.expression = absl::StrReplaceAll(json.At("expr").text, {{"dyn(", "("}});
  row.is_dynamic = row.expression != json.At("expr").text;
  row.has_bindings = json.members.count("bindings") + json.members.count("type_env") > 0;
  row.unchecked = json.members.count("disable_check") > 0;
  row.expects_error = json.members.count("eval_error") > 0;
  if (!row.expects_error) {
    const auto& value = *json.At("value").members.begin();
    row.value_kind = value.first;
    row.value = value.second.text;
  }
  return row;
}

std::string ExpectedText(const Row& row) {
  if (row.value_kind == "string_value") return Value::String(row.value).ToString();
  double number = 0;
  if (row.value_kind != "double_value" || !absl::SimpleAtod(row.value, &number)) return row.value;
  return Value::Double(number).ToString();
}

std::vector<Type> TypesToTry(const Row& row) {
  if (row.expects_error) return {Type::kBool, Type::kInt, Type::kDouble, Type::kString};
  if (row.value_kind == "bool_value") return {Type::kBool};
  if (row.value_kind == "int64_value") return {Type::kInt};
  if (row.value_kind == "double_value") return {Type::kDouble};
  if (row.value_kind == "string_value") return {Type::kString};
  return {};
}

class ConformanceTest : public RuleTest {
 protected:
  // Why the row is not run, or empty if it was.
  std::string RunRow(const Row& row) {
    if (row.has_bindings) return "has bindings";
    if (absl::c_linear_search(kDeliberatelyDifferent, row.name)) return "deliberately different";
    const std::vector<Type> types = TypesToTry(row);
    if (types.empty()) return "result is a " + row.value_kind;
    const Environment environment;
    std::string mistake;
    for (const Type type : types) {
      const auto compiled = Expression::Compile(row.expression, environment, type);
      if (const auto* expression = std::get_if<Expression>(&compiled)) {
        const Value value = expression->Evaluate(TestActivation());
        if (row.expects_error) {
          EXPECT_TRUE(value.is_error()) << row.name << ": " << row.expression << " gave " << value.ToString();
        } else {
          EXPECT_EQ(value.ToString(), ExpectedText(row)) << row.name << ": " << row.expression;
        }
        return "";
      }
      for (const Mistake& found : std::get<std::vector<Mistake>>(compiled)) {
        if (mistake.empty() || absl::StartsWith(mistake, "the result must be")) mistake = found.message;
      }
    }
    if (row.is_dynamic) return "needs dynamic types: " + mistake;
    if (row.unchecked) return "wrong types, found when compiled";
    if (row.expects_error) return "error found when compiled: " + mistake;
    const bool outside =
        absl::c_any_of(kOutside, [&](absl::string_view reason) { return absl::StrContains(mistake, reason); });
    EXPECT_TRUE(outside) << row.name << ": " << row.expression << "\n" << mistake;
    return mistake;
  }
};

TEST_F(ConformanceTest, RowsInsideTheSubsetPass) {
  const std::filesystem::path folder = DataFolder();
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no conformance files in " << folder;
  const bool verbose = std::getenv("NBO_VERBOSE") != nullptr;
  int all_passed = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".jsonl") continue;
    std::ifstream file(entry.path());
    int passed = 0;
    int skipped = 0;
    for (std::string line; std::getline(file, line);) {
      const Row row = RowOf(SmallJson::Parse(line));
      const std::string reason = RunRow(row);
      ++(reason.empty() ? passed : skipped);
      if (verbose && !reason.empty()) std::cout << "skipped " << row.expression << ": " << reason << "\n";
    }
    std::cout << entry.path().filename().string() << ": " << passed << " passed, " << skipped << " skipped\n";
    all_passed += passed;
  }
  EXPECT_GT(all_passed, 200);
}

}  // namespace
}  // namespace nbo::rules
