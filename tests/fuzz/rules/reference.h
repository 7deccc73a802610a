// A second, simple interpreter of the rule language, to hold the real one against.
#ifndef NBO_TESTS_FUZZ_RULES_REFERENCE_H_
#define NBO_TESTS_FUZZ_RULES_REFERENCE_H_

#include <cstdint>
#include <vector>

#include "core/rules/ast.h"
#include "core/rules/environment.h"
#include "tests/fuzz/rules/reference_value.h"

namespace nbo::fuzz {

// Walks a checked tree as it was written, nothing folded, and does what LANGUAGE.md says. The limits of an evaluation
// are not carried out but watched.
class Reference {
 public:
  Reference(const rules::Ast& ast, const rules::Activation& activation) : ast_(ast), activation_(activation) {}

  RefValue Evaluate() { return Of(ast_.root); }

  // Elements that macros went through.
  int64_t steps() const { return steps_; }
  // Whether a limit of an evaluation is reached, or nearly so: whatever the real one says is then right.
  bool exhausted() const { return exhausted_; }

 private:
  const rules::Node& At(int node) const { return ast_.nodes[node]; }
  RefValue Of(int node);
  RefValue OfKind(const rules::Node& n);
  RefValue OfMeaning(const rules::Node& n);
  RefValue OfFunction(const rules::Node& n);
  RefValue OfJunction(const rules::Node& n);
  RefValue OfBinary(const rules::Node& n);
  RefValue OfIndex(const rules::Node& n);
  RefValue OfElements(const rules::Node& n);
  RefValue OfMacro(const rules::Node& n);
  RefValue OfCollecting(const rules::Node& n, const std::vector<RefValue>& range);
  RefValue OfTesting(const rules::Node& n, const std::vector<RefValue>& range);
  // Puts the next element under its name; its error if it cannot be used.
  RefValue Enter(const rules::Node& n, const RefValue& element);
  void Spend(int64_t bytes);

  const rules::Ast& ast_;
  const rules::Activation& activation_;
  std::vector<RefValue> locals_;  // by slot
  int64_t steps_ = 0;
  int64_t bytes_ = 0;
  int64_t nodes_ = 0;
  bool exhausted_ = false;
};

}  // namespace nbo::fuzz

#endif  // NBO_TESTS_FUZZ_RULES_REFERENCE_H_
