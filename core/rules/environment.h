// What a rule may speak of: the declared variables and the families of facts, each with its type and meaning.
#ifndef NBO_CORE_RULES_ENVIRONMENT_H_
#define NBO_CORE_RULES_ENVIRONMENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "core/rules/value.h"

namespace nbo::rules {

// One variable, addressed at run time by its slot: the position at which it was declared.
struct Variable {
  std::string name;  // "customer.recency_days"; one dot-separated path
  Type type;
  bool optional;    // may have no value; has(name) tells
  std::string doc;  // meaning and unit, one line
};

// A field of a family: category("SOFT DRINKS").share is field "share" of family "category".
struct FamilyField {
  std::string name;
  Type type;
  bool optional;
  std::string doc;
};

// Facts that are named by a string known when the rule is compiled. The argument must be a string literal; it becomes a
// number at once, so that a lookup at run time compares no strings.
struct Family {
  std::string name;  // "category"
  std::string doc;
  std::vector<FamilyField> fields;
  uint64_t (*key_of)(absl::string_view argument);  // literal -> key given to Activation::Fact
};

// The declarations. Built once at start-up, immutable afterwards, shared by all threads.
class Environment {
 public:
  // Declares a variable and returns its slot. The name must be new.
  int AddVariable(Variable variable);
  // Declares a family and returns its number. The name must be new.
  int AddFamily(Family family);

  std::optional<int> FindVariable(absl::string_view name) const;
  std::optional<int> FindFamily(absl::string_view name) const;
  // What a fact is under a key that has none: no value if it is optional, else the zero of its type.
  Value AbsentFact(int family, int field) const;
  const std::vector<Variable>& variables() const { return variables_; }
  const std::vector<Family>& families() const { return families_; }

  // The declared name most like `name`, for "did you mean"; empty if none is near.
  std::string NearestVariable(absl::string_view name) const;

 private:
  std::vector<Variable> variables_;
  std::vector<Family> families_;
  absl::flat_hash_map<std::string, int> variable_slots_;
  absl::flat_hash_map<std::string, int> family_numbers_;
};

// The facts of one evaluation.
class Activation {
 public:
  virtual ~Activation() = default;
  // One value per declared variable, by slot; Null where there is none. Constant during an evaluation.
  absl::Span<const Value> slots;
  // The value of families()[family].fields[field] under `key`; Null if there is none.
  virtual Value Fact(int family, uint64_t key, int field) const = 0;
  // Calls `visit` with every key of the family that has facts. Under any other key Fact gives what it gives when there
  // are none at all.
  virtual void ForEachKey(int family, absl::FunctionRef<void(uint64_t key)> visit) const = 0;
};

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_ENVIRONMENT_H_
