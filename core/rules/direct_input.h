// A rule that is nothing but one variable or fact, taken out of its program.
#ifndef NBO_CORE_RULES_DIRECT_INPUT_H_
#define NBO_CORE_RULES_DIRECT_INPUT_H_

#include <cstdint>
#include <optional>

#include "core/rules/environment.h"
#include "core/rules/expression.h"
#include "core/rules/value.h"

namespace nbo::rules {

// Lies where it is needed: a program lies three pointers away, which costs more than it does. Most numbers that rules
// compare with constants are such.
class DirectInput {
 public:
  // nullopt: the expression is more than that.
  static std::optional<DirectInput> Of(const Expression& expression);

  // What the expression's Evaluate gives. Requires what that requires, and that the activation has the slot.
  Value Read(const Activation& activation) const {
    const Value value = family_ < 0 ? activation.slots[static_cast<size_t>(slot_or_field_)]
                                    : activation.Fact(family_, key_, slot_or_field_);
    return value.kind() == kind_ ? value : Adapted(value);
  }

 private:
  Value Adapted(const Value& value) const;

  int32_t family_ = -1;  // -1: a variable
  int32_t slot_or_field_ = 0;
  uint64_t key_ = 0;
  Kind kind_ = Kind::kNull;
};

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_DIRECT_INPUT_H_
