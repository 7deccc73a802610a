// Conditions on expressions that must hold together: do they contradict each other?
#ifndef NBO_CORE_CATALOG_CONSTRAINTS_H_
#define NBO_CORE_CATALOG_CONSTRAINTS_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "core/rules/ast.h"

namespace nbo {

// One condition: `subject`, an expression, compared with constants. Subjects are the same if they are written alike.
struct Condition {
  absl::string_view subject;
  enum class Kind : uint8_t { kNumber, kText, kTruth } kind = Kind::kTruth;
  rules::TokenKind op = rules::TokenKind::kEqual;  // a comparison or kIn; kNotEqual with several values: not in
  bool whole_numbers = false;                      // the subject is an int
  std::vector<double> numbers;                     // kNumber
  std::vector<std::string> texts;                  // kText
  bool truth = true;                               // kTruth: what the subject must be
  absl::string_view source;                        // as written, for messages
  int offset = 0;                                  // of `source` in the rule
};

// What a boolean node of a checked, folded tree demands when it is to be `wanted`; nullopt if it demands nothing that
// can be compared. Requires that variables and facts are no NaN; what is computed of them may be. Views into the tree.
std::optional<Condition> ConditionOf(const rules::Ast& ast, int node, bool wanted);

// Conditions that hold at once.
class Constraints {
 public:
  struct Clash {
    std::vector<Condition> earlier;  // none: `later` can never hold by itself
    Condition later;
  };
  // The clash of this condition with those before it; nullopt: they can hold together. `earlier` are no more than are
  // needed, unless there are very many. After a clash nothing may be added.
  std::optional<Clash> Add(const Condition& condition);

 private:
  struct Bound {
    double value;
    bool open;  // the value itself is excluded
  };
  // What is left for one subject.
  struct Known {
    std::optional<Bound> low, high;
    std::vector<double> excluded_numbers;
    std::optional<std::set<std::string>> allowed;  // texts
    std::set<std::string> excluded;
    std::optional<bool> truth;
  };
  // Return whether anything is left.
  static bool Narrow(const Condition& condition, Known* known);
  static bool NarrowNumber(const Condition& condition, Known* known);
  static bool NarrowText(const Condition& condition, Known* known);
  static bool CanHold(const std::vector<Condition>& earlier, const Condition& later);
  static Clash Blame(std::vector<Condition> earlier, const Condition& later);

  struct Subject {
    Known known;
    std::vector<Condition> conditions;
  };
  absl::flat_hash_map<std::string, Subject> subjects_;
};

}  // namespace nbo

#endif  // NBO_CORE_CATALOG_CONSTRAINTS_H_
