#include "core/rules/evaluator.h"

#include <cstring>

#include "absl/base/optimization.h"
#include "core/rules/compare.h"
#include "core/rules/operations.h"

namespace nbo::rules {
namespace {

double DoubleOf(uint64_t bits) {
  double d;
  std::memcpy(&d, &bits, sizeof(d));
  return d;
}

Value Fact(const Activation& activation, const Instruction& instruction) {
  return activation.Fact(instruction.a >> 16, instruction.b, instruction.a & 0xFFFF);
}

// The value to push, which is an error if there is none of the declared type.
Value Load(const Activation& activation, const Instruction& instruction) {
  const Value value = instruction.op == Op::kFact ? Fact(activation, instruction) : activation.slots[instruction.a];
  if (ABSL_PREDICT_TRUE(value.kind() == static_cast<Kind>(instruction.aux))) return value;
  return Adapt(value, static_cast<Kind>(instruction.aux));
}

// Compares a variable with the number in the instruction.
Value CompareVariable(const Activation& activation, const Instruction& instruction) {
  const bool is_int = instruction.op == Op::kVariableAgainstInt;
  Value value = activation.slots[instruction.a];
  if (ABSL_PREDICT_FALSE(value.kind() != (is_int ? Kind::kInt : Kind::kDouble))) {
    value = Adapt(value, is_int ? Kind::kInt : Kind::kDouble);
    if (value.is_error()) return value;
  }
  const Ordering ordering = is_int ? Compare(value.int_value(), static_cast<int64_t>(instruction.b))
                                   : Compare(value.double_value(), DoubleOf(instruction.b));
  return Value::Bool((instruction.aux & ordering) != 0);
}

Value HasMapKey(const Program& program, const Activation& activation, const Instruction& instruction) {
  const Value& map = activation.slots[instruction.a];
  return Value::Bool(map.kind() == Kind::kMap && FindKey(map, program.constants[instruction.b]) != nullptr);
}

// Merges an operand of && or || into the result so far: what decides wins, then the first error.
Value Merge(Value so_far, Value operand, bool deciding) {
  if (!operand.is_error() && operand.bool_value() == deciding) return operand;
  return so_far.is_error() ? so_far : operand;
}

// Puts the next element of a macro on the stack; false if there is none. An error on top if it cannot be used.
bool NextElement(int64_t* steps, uint8_t kind, Value* top) {
  const Value& range = top[-4];
  const size_t position = static_cast<size_t>(top[-3].int_value() + 1);
  if (position >= range.size()) return false;
  top[-3] = Value::Int(static_cast<int64_t>(position));
  const Value& element = range.kind() == Kind::kMap ? range.map()[position].key : range.list()[position];
  top[-1] =
      ABSL_PREDICT_TRUE(element.kind() == static_cast<Kind>(kind)) ? element : Adapt(element, static_cast<Kind>(kind));
  if (++*steps > kMaxEvaluationSteps) top[-1] = Value::Error(EvalError::kTooManySteps);
  return true;
}

Value Interpret(const Program& program, const Activation& activation, size_t arena_start) {
  // Bytes, because constructing the values would cost more than a typical rule.
  alignas(Value) unsigned char storage[kMaxStack * sizeof(Value)];
  Value* const stack = reinterpret_cast<Value*>(storage);
  Value* top = stack;  // one past the last value
  int64_t steps = 0;   // elements that macros have gone through
  const Instruction* const code = program.code.data();
  const Instruction* pc = code;
  for (;;) {
    const Instruction& instruction = *pc++;
    // Control instructions continue; those that make a value break to have it checked.
    switch (instruction.op) {
      case Op::kReturn: return top[-1];
      case Op::kJump: pc = code + instruction.a; continue;
      case Op::kJumpIfFalse:
        if (!(--top)->bool_value()) pc = code + instruction.a;
        continue;
      case Op::kNext:
        --top;
        top[-1] = Merge(top[-1], top[0], instruction.aux & kDecidesIfTrue);
        [[fallthrough]];
      case Op::kFirst:
        if (ABSL_PREDICT_FALSE(top[-1].is_error())) {
          if (instruction.aux & kLastOperand) break;
        } else if (top[-1].bool_value() == ((instruction.aux & kDecidesIfTrue) != 0)) {
          pc = code + instruction.a;
        }
        continue;
      case Op::kLoopNext:
        if (NextElement(&steps, instruction.aux, top)) break;
        pc = code + instruction.a;
        continue;
      case Op::kLoopDecide:
        --top;
        top[-2] = Merge(top[-2], top[0], instruction.aux & kDecidesIfTrue);
        if (!top[-2].is_error() && top[-2].bool_value() == ((instruction.aux & kDecidesIfTrue) != 0)) {
          pc = code + instruction.a;
        }
        continue;
      case Op::kConstant: *top++ = program.constants[instruction.a]; continue;
      case Op::kLocal: *top++ = stack[instruction.a]; continue;
      case Op::kHasVariable: *top++ = Value::Bool(!activation.slots[instruction.a].is_null()); continue;
      case Op::kHasFact: *top++ = Value::Bool(!Fact(activation, instruction).is_null()); continue;
      case Op::kHasMapKey: *top++ = HasMapKey(program, activation, instruction); continue;
      case Op::kVariable:
      case Op::kFact: *top++ = Load(activation, instruction); break;
      case Op::kVariableAgainstInt:
      case Op::kVariableAgainstDouble: *top++ = CompareVariable(activation, instruction); break;
      default:
        if (instruction.op >= Op::kFirstMaking) {
          top = ApplyMaking({program, activation, arena_start}, instruction, top);
        } else if (instruction.op >= Op::kFirstBinary) {
          --top;
          top[-1] = ApplyBinary(instruction, top[-1], top[0]);
        } else {
          top[-1] = ApplyUnary(program, instruction, top[-1]);
        }
    }
    if (ABSL_PREDICT_TRUE(!top[-1].is_error())) continue;
    // The error takes the place of the operand that failed.
    const Value error = top[-1];
    pc = code + instruction.handler;
    top = stack + pc->b;
    *top++ = error;
  }
}

// Whether a value lies elsewhere, perhaps in the arena.
bool IsView(const Value& value) {
  return value.kind() == Kind::kString || value.kind() == Kind::kList || value.kind() == Kind::kMap ||
         value.kind() == Kind::kObject;
}

}  // namespace

Value Run(const Program& program, const Activation& activation) {
  // An activation of another environment would be read out of its bounds.
  if (ABSL_PREDICT_FALSE(activation.slots.size() < program.slots_used)) return Value::Error(EvalError::kNoSuchValue);
  // Rules that are taken apart leave many that are one load, whose result or error is that of the rule.
  if (program.code.size() == 2) {
    const Instruction& only = program.code[0];
    if (only.op == Op::kVariable || only.op == Op::kFact) return Load(activation, only);
  }
  // The one call, so that it is inlined.
  const Arena::Mark start = activation.arena.Now();
  const Value result = Interpret(program, activation, start.total);
  if (ABSL_PREDICT_FALSE(program.makes) && !IsView(result)) activation.arena.Rewind(start);
  return result;
}

Value ReadInput(const Input& input, const Activation& activation) {
  if (input.kind == Input::Kind::kFact) return activation.Fact(input.family, input.key, input.field);
  if (static_cast<size_t>(input.slot) >= activation.slots.size()) return Value::Null();
  const Value value = activation.slots[input.slot];
  if (input.kind == Input::Kind::kVariable) return value;
  if (value.kind() != Kind::kMap) return Value::Null();
  const Value* const found = FindKey(value, Value::String(input.map_key));
  return found == nullptr ? Value::Null() : *found;
}

}  // namespace nbo::rules
