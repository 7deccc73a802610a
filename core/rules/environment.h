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
#include "core/rules/arena.h"
#include "core/rules/value.h"

namespace nbo::rules {

// One variable, addressed at run time by its slot: the position at which it was declared.
struct Variable {
  std::string name;  // "customer.recency_days"; one dot-separated path
  Type type;
  bool optional;    // may have no value; has(name) tells
  std::string doc;  // meaning and unit, one line
  // The most elements a list or map will have, for the estimate of a rule's cost; 0: kAssumedElements.
  int max_size = 0;
};

// A field of a family or of a class: category("SOFT DRINKS").share is field "share" of family "category".
struct Field {
  std::string name;
  Type type;
  bool optional;
  std::string doc;
  int max_size = 0;  // as Variable::max_size
};
using FamilyField = Field;

// Objects with named fields of their own types, such as the lines of a basket.
struct ObjectClass {
  std::string name;  // "basket_line"; for people only
  std::string doc;
  std::vector<Field> fields;  // in the order in which Value::Object has them
};

// Facts that are named by a string known when the rule is compiled. The argument must be a string literal; it becomes a
// number at once, so that a lookup at run time compares no strings.
struct Family {
  std::string name;  // "category"
  std::string doc;
  std::vector<FamilyField> fields;
  uint64_t (*key_of)(absl::string_view argument);  // literal -> key given to Activation::Fact
};

// Bound on the elements of a list or map whose variable declares none.
inline constexpr int kAssumedElements = 1000;

// The declarations. Built once at start-up, immutable afterwards, shared by all threads.
class Environment {
 public:
  // Declares a variable and returns its slot. The name must be new.
  int AddVariable(Variable variable);
  // Declares a family and returns its number. The name must be new.
  int AddFamily(Family family);
  // Declares a class and returns its type, for variables, fields and in lists and maps of them.
  Type AddClass(ObjectClass object_class);

  std::optional<int> FindVariable(absl::string_view name) const;
  std::optional<int> FindFamily(absl::string_view name) const;
  // What a fact is under a key that has none: no value if it is optional, else the zero of its type.
  Value AbsentFact(int family, int field) const;
  const std::vector<Variable>& variables() const { return variables_; }
  const std::vector<Family>& families() const { return families_; }
  const std::vector<ObjectClass>& classes() const { return classes_; }
  // Requires an object type made by AddClass.
  const ObjectClass& ClassOf(Type type) const { return classes_[type.class_number()]; }
  // Like TypeName, with the names of classes: "list(basket_line)".
  std::string NameOf(Type type) const;

  // The declared name most like `name`, for "did you mean"; empty if none is near.
  std::string NearestVariable(absl::string_view name) const;

 private:
  std::vector<Variable> variables_;
  std::vector<Family> families_;
  std::vector<ObjectClass> classes_;
  absl::flat_hash_map<std::string, int> variable_slots_;
  absl::flat_hash_map<std::string, int> family_numbers_;
};

// The facts of one evaluation. May be evaluated against any number of times, but by one thread at a time.
class Activation {
 public:
  virtual ~Activation() = default;
  // One value per declared variable, by slot; Null where there is none. Constant during an evaluation.
  absl::Span<const Value> slots;
  // The value of families()[family].fields[field] under `key`; Null if there is none.
  // Must not allocate from `arena`.
  virtual Value Fact(int family, uint64_t key, int field) const = 0;
  // Where rules put the texts and lists they make. An evaluation gives back what it took, unless its result is a text,
  // list, map or object, which stays until the host resets the arena.
  mutable Arena arena;
  // Calls `visit` with every key of the family that has facts. Under any other key Fact gives what it gives when there
  // are none at all.
  virtual void ForEachKey(int family, absl::FunctionRef<void(uint64_t key)> visit) const = 0;
};

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_ENVIRONMENT_H_
