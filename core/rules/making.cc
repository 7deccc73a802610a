// The instructions that make texts, lists and maps in the arena, and those that keep the books of macros.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <iterator>
#include <string>

#include "core/rules/ast.h"
#include "core/rules/operations.h"
#include "core/rules/times.h"

namespace nbo::rules {
namespace {

// Memory of the arena; null if the evaluation has taken too much.
template <typename T>
T* NewArray(const Machine& machine, size_t size) {
  Arena& arena = machine.activation.arena;
  if (arena.bytes() - machine.arena_start + size * sizeof(T) > kMaxEvaluationBytes) return nullptr;
  return arena.NewArray<T>(size).data();
}

Value OutOfMemory() { return Value::Error(EvalError::kOutOfMemory); }

Value CopyText(const Machine& machine, absl::string_view a, absl::string_view b) {
  char* const text = NewArray<char>(machine, a.size() + b.size());
  if (text == nullptr) return OutOfMemory();
  if (!a.empty()) std::memcpy(text, a.data(), a.size());
  if (!b.empty()) std::memcpy(text + a.size(), b.data(), b.size());
  return Value::String({text, a.size() + b.size()});
}

template <typename Number>
Value NumberText(const Machine& machine, Number number) {
  char buffer[32];
  const std::to_chars_result end = std::to_chars(std::begin(buffer), std::end(buffer), number);
  return CopyText(machine, {buffer, static_cast<size_t>(end.ptr - buffer)}, "");
}

Value TextOf(const Machine& machine, const Value& value) {
  switch (value.kind()) {
    case Kind::kBool: return Value::String(value.bool_value() ? "true" : "false");
    case Kind::kInt: return NumberText(machine, value.int_value());
    case Kind::kDouble:
      // Which sign the machine gives to what is not a number tells nothing.
      if (std::isnan(value.double_value())) return Value::String("nan");
      return NumberText(machine, value.double_value());
    case Kind::kTimestamp: return CopyText(machine, FormatTimestamp(value), "");
    case Kind::kDuration: return CopyText(machine, FormatDuration(value), "");
    default: return value;
  }
}

Value Joined(const Machine& machine, const Value& a, const Value& b) {
  if (a.size() == 0) return b;
  if (b.size() == 0) return a;
  if (a.kind() == Kind::kString) return CopyText(machine, a.string_value(), b.string_value());
  Value* const list = NewArray<Value>(machine, a.size() + b.size());
  if (list == nullptr) return OutOfMemory();
  std::copy(a.list().begin(), a.list().end(), list);
  std::copy(b.list().begin(), b.list().end(), list + a.size());
  return Value::List({list, a.size() + b.size()});
}

// Lists and maps on their way to completion are this evaluation's own memory.
Value* ElementsOf(const Value& list) { return const_cast<Value*>(list.list().data()); }
MapEntry* EntriesOf(const Value& map) { return const_cast<MapEntry*>(map.map().data()); }

Value NewList(const Machine& machine, size_t size) {
  Value* const list = NewArray<Value>(machine, size);
  return list == nullptr ? OutOfMemory() : Value::List({list, size});
}

Value NewMap(const Machine& machine, size_t size) {
  MapEntry* const map = NewArray<MapEntry>(machine, size);
  return map == nullptr ? OutOfMemory() : Value::Map({map, size});
}

Value Sorted(const Value& map) {
  if (SortEntries(absl::Span<MapEntry>(EntriesOf(map), map.size()))) return map;
  return Value::Error(EvalError::kDuplicateKey);
}

// The result of a macro that has seen nothing yet.
Value FirstResult(const Machine& machine, Meaning macro, const Value& range) {
  switch (macro) {
    case Meaning::kAll: return Value::Bool(true);
    case Meaning::kExists: return Value::Bool(false);
    case Meaning::kExistsOne: return Value::Int(0);
    default: {
      const Value list = NewList(machine, range.size());
      return list.is_error() ? list : Value::List(list.list().subspan(0, 0));
    }
  }
}

Value Appended(const Value& list, const Value& element) {
  ElementsOf(list)[list.size()] = element;
  return Value::List({list.list().data(), list.size() + 1});
}

}  // namespace

Value* ApplyMaking(const Machine& machine, const Instruction& instruction, Value* top) {
  const Meaning macro = static_cast<Meaning>(instruction.aux);
  switch (instruction.op) {
    case Op::kToString: top[-1] = TextOf(machine, top[-1]); return top;
    case Op::kConcatStrings:
    case Op::kConcatLists: top[-2] = Joined(machine, top[-2], top[-1]); return top - 1;
    case Op::kNewList: *top = NewList(machine, instruction.a); return top + 1;
    case Op::kStoreElement: ElementsOf(top[-2])[instruction.a] = top[-1]; return top - 1;
    case Op::kNewMap: *top = NewMap(machine, instruction.a); return top + 1;
    case Op::kStoreEntry: EntriesOf(top[-3])[instruction.a] = {top[-2], top[-1]}; return top - 2;
    case Op::kSortMap: top[-1] = Sorted(top[-1]); return top;
    case Op::kLoopBegin:
      top[0] = Value::Int(-1);
      top[1] = FirstResult(machine, macro, top[-1]);
      top[2] = top[1];  // where a failure is looked for
      return top + 3;
    case Op::kLoopCount:
      if (top[-1].bool_value()) top[-3] = Value::Int(top[-3].int_value() + 1);
      return top - 1;
    case Op::kLoopAppend: top[-3] = Appended(top[-3], top[-1]); return top - 1;
    case Op::kLoopKeep:
      if (top[-1].bool_value()) top[-3] = Appended(top[-3], top[-2]);
      return top - 1;
    default:  // kLoopEnd
      top[-4] = macro == Meaning::kExistsOne ? Value::Bool(top[-2].int_value() == 1) : top[-2];
      return top - 3;
  }
}

}  // namespace nbo::rules
