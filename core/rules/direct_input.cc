#include "core/rules/direct_input.h"

#include "core/rules/operations.h"
#include "core/rules/program.h"

namespace nbo::rules {

std::optional<DirectInput> DirectInput::Of(const Expression& expression) {
  const std::vector<Instruction>& code = expression.program_->code;
  if (code.size() != 2) return std::nullopt;  // the load and kReturn
  const Instruction& load = code[0];
  DirectInput input;
  input.kind_ = static_cast<Kind>(load.aux);
  if (load.op == Op::kVariable) {
    input.slot_or_field_ = load.a;
    return input;
  }
  if (load.op != Op::kFact) return std::nullopt;
  input.family_ = load.a >> 16;
  input.slot_or_field_ = load.a & 0xFFFF;
  input.key_ = load.b;
  return input;
}

Value DirectInput::Adapted(const Value& value) const { return Adapt(value, kind_); }

}  // namespace nbo::rules
