// Runs every case of the CEL conformance files, which are not part of the repository. What lies outside of the language
// is listed in cel_skips.txt by reason and name; the list must be exact.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "tests/core/rules/cel_case.h"
#include "tests/core/rules/rule_fixture.h"

#ifndef NBO_SOURCE_DIR
#define NBO_SOURCE_DIR "."
#endif

namespace nbo::rules {
namespace {

constexpr absl::string_view kAlwaysFails = "this always fails";
constexpr absl::string_view kDynamic = "dynamic types";

std::filesystem::path DataFolder() {
  const char* folder = std::getenv("NBO_SHARED_DATA");
  const std::filesystem::path root(NBO_SOURCE_DIR);
  return (folder != nullptr ? std::filesystem::path(folder) : root / "../shared/data") / "cel_spec";
}

// Name of a case -> the reason why it is left out: the heading above it.
std::map<std::string, std::string> ReadSkips() {
  std::ifstream file(std::filesystem::path(NBO_SOURCE_DIR) / "tests/core/rules/cel_skips.txt");
  std::map<std::string, std::string> skips;
  std::string reason;
  for (std::string line; std::getline(file, line);) {
    if (line.empty()) continue;
    if (absl::StartsWith(line, "# ")) {
      reason = line.substr(2);
    } else {
      EXPECT_TRUE(skips.emplace(line, reason).second) << line << " is listed twice";
    }
  }
  return skips;
}

std::string NameOf(const SmallJson& row) {
  return row.At("file").text + "/" + row.At("section").text + "/" + row.At("name").text;
}

// Why the case does not pass; empty if it does.
std::string FailureOf(const SmallJson& row, const std::string& text) {
  CelValues values;
  Environment environment;
  TestActivation activation;
  std::vector<Value> slots;
  const auto section = [&](const char* name) {
    const auto found = row.members.find(name);
    return found == row.members.end() ? std::map<std::string, SmallJson>() : found->second.members;
  };
  for (const auto& [number, declaration] : section("type_env")) {
    const std::optional<Type> type = CelType(declaration.At("ident").At("type"));
    if (!type.has_value()) return "a binding of a type that there is not";
    environment.AddVariable({declaration.At("name").text, *type, false, ""});
    slots.emplace_back();
  }
  for (const auto& [number, binding] : section("bindings")) {
    const std::optional<int> slot = environment.FindVariable(binding.At("key").text);
    const std::optional<Value> value = values.ValueOf(binding.At("value").At("value"));
    if (!slot.has_value() || !value.has_value()) return "a binding without a type";
    slots[*slot] = *value;
  }
  activation.slots = slots;
  const bool expects_error = row.members.count("eval_error") > 0;
  const auto compiled = Expression::Compile(text, environment, Type::kAny);
  if (const auto* mistakes = std::get_if<std::vector<Mistake>>(&compiled)) {
    const bool is_error = absl::StartsWith(mistakes->front().message, kAlwaysFails);
    return expects_error && is_error ? "" : mistakes->front().message;
  }
  const Value value = std::get<Expression>(compiled).Evaluate(activation);
  if (expects_error) return value.is_error() ? "" : "gave " + value.ToString();
  const std::optional<Value> expected = values.ValueOf(row.At("value"));
  if (!expected.has_value()) return "the result is of a type that there is not";
  return IsSame(value, *expected) ? "" : "gave " + value.ToString() + " instead of " + expected->ToString();
}

// Calls on_row(row) for each case of the files.
template <typename OnRow>
void ForEachCase(const std::filesystem::path& folder, OnRow on_row) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".jsonl") continue;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) on_row(SmallJson::Parse(line));
  }
}

TEST(ConformanceTest, CasesPassExactlyIfTheyAreNotListedAsLeftOut) {
  const std::filesystem::path folder = DataFolder();
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no conformance files in " << folder;
  const std::map<std::string, std::string> skips = ReadSkips();
  std::map<std::string, std::pair<int, int>> counts;  // by file: passed, left out
  std::set<std::string> seen;
  ForEachCase(folder, [&](const SmallJson& row) {
    const std::string name = NameOf(row);
    const std::string text = row.At("expr").text;
    const std::string failure = FailureOf(row, text);
    const bool listed = skips.count(name) > 0;
    seen.insert(name);
    EXPECT_EQ(listed, !failure.empty()) << name << (listed ? " passes: take it off cel_skips.txt" : "") << "\n"
                                        << text << "\n"
                                        << failure;
    ++(listed ? counts[row.At("file").text].second : counts[row.At("file").text].first);
  });
  for (const auto& [name, reason] : skips) EXPECT_EQ(seen.count(name), 1u) << name << " is listed but does not exist";
  int passed = 0;
  for (const auto& [file, count] : counts) {
    std::cout << file << ": " << count.first << " pass, " << count.second << " are left out\n";
    passed += count.first;
  }
  EXPECT_GE(passed, 390);
}

// Where the suite hides a type from its checker with dyn(), the language may allow the same openly.
TEST(ConformanceTest, DynamicCasesThatMakeSenseWithStaticTypesPassToo) {
  const std::filesystem::path folder = DataFolder();
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no conformance files in " << folder;
  // At the end of the int range the suite compares after rounding the int to a double; ours is exact (LANGUAGE.md).
  const std::set<std::string> different = {
      "comparisons/lt_literal/not_lt_dyn_int_big_lossy_double", "comparisons/gt_literal/not_gt_dyn_big_double_int",
      "comparisons/lte_literal/lte_dyn_big_double_int", "comparisons/gte_literal/gte_dyn_int_big_lossy_double"};
  const std::map<std::string, std::string> skips = ReadSkips();
  int passed = 0;
  ForEachCase(folder, [&](const SmallJson& row) {
    const std::string name = NameOf(row);
    const auto skip = skips.find(name);
    if (skip == skips.end() || !absl::StartsWith(skip->second, kDynamic) || different.count(name) > 0) return;
    const std::string text = absl::StrReplaceAll(row.At("expr").text, {{"dyn(", "("}});
    const Environment nothing;
    const auto compiled = Expression::Compile(text, nothing, Type::kAny);
    if (std::holds_alternative<std::vector<Mistake>>(compiled)) return;
    EXPECT_EQ(FailureOf(row, text), "") << name << ": " << text;
    ++passed;
  });
  EXPECT_GE(passed, 30);
}

}  // namespace
}  // namespace nbo::rules
