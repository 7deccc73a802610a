// The names that generated rules speak of, of every type there is, and values for them.
#ifndef NBO_TESTS_FUZZ_RULES_WORLD_H_
#define NBO_TESTS_FUZZ_RULES_WORLD_H_

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/rules/environment.h"
#include "core/rules/expression.h"
#include "tests/fuzz/rules/byte_source.h"

namespace nbo::fuzz {

// The declarations; the same in every run.
const rules::Environment& WorldEnvironment();

// Texts that stand in values and in generated rules, so that they meet. Some are numbers, times, zones, not ASCII.
const std::vector<std::string>& Words();

// Values made of bytes. Hosts are careless: some names have no value, an int stands for a double, and now and then
// something quite different.
class World : public rules::Activation {
 public:
  explicit World(ByteSource* source);

  rules::Value Fact(int family, uint64_t key, int field) const override;
  void ForEachKey(int family, absl::FunctionRef<void(uint64_t key)> visit) const override;

  // Some of the variables that have a value of exactly their type.
  const std::vector<rules::Constant>& constants() const { return constants_; }

 private:
  rules::Value Make(rules::Type type);
  rules::Value MakeList(rules::Type type);
  rules::Value MakeMap(rules::Type type);
  rules::Value MakeObject(rules::Type type);
  int64_t MakeInt();
  double MakeDouble();
  rules::Value MakeSlot(const rules::Variable& variable, bool* exact);

  ByteSource& source_;
  std::vector<rules::Value> values_;
  std::vector<rules::Constant> constants_;
  std::deque<std::vector<rules::Value>> lists_;
  std::deque<std::vector<rules::MapEntry>> maps_;
  std::map<std::pair<int, uint64_t>, std::vector<rules::Value>> facts_;  // by family and key: the fields
};

}  // namespace nbo::fuzz

#endif  // NBO_TESTS_FUZZ_RULES_WORLD_H_
