#include "core/rules/operations.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include "absl/base/optimization.h"
#include "absl/strings/charconv.h"
#include "absl/strings/match.h"
#include "core/base/text.h"
#include "core/rules/compare.h"
#include "core/rules/times.h"
#include "re2/re2.h"

namespace nbo::rules {
namespace {

// `result` is a reference because the builtins fill it while the arguments of the call are evaluated.
Value IntUnlessOverflow(bool overflow, const int64_t& result) {
  return overflow ? Value::Error(EvalError::kOverflow) : Value::Int(result);
}

Value DoubleToInt(double d) {
  // Both ends are excluded, as in CEL: a double that large stands for many ints.
  constexpr double kLimit = 9223372036854775808.0;
  if (!(d > -kLimit && d < kLimit)) return Value::Error(EvalError::kOutOfRange);
  return Value::Int(static_cast<int64_t>(d));
}

Value StringToInt(absl::string_view s) {
  int64_t result = 0;
  const std::from_chars_result end = std::from_chars(s.data(), s.data() + s.size(), result);
  // Behind a number that is too large there may be something that is none.
  const bool is_number = end.ec != std::errc::invalid_argument && end.ptr == s.data() + s.size();
  if (!is_number) return Value::Error(EvalError::kBadConversion);
  if (end.ec == std::errc::result_out_of_range) return Value::Error(EvalError::kOutOfRange);
  return Value::Int(result);
}

Value StringToDouble(absl::string_view s) {
  double result = 0;
  const absl::from_chars_result end = absl::from_chars(s.data(), s.data() + s.size(), result);
  const bool is_number = end.ec != std::errc::invalid_argument && end.ptr == s.data() + s.size();
  if (!is_number) return Value::Error(EvalError::kBadConversion);
  if (end.ec == std::errc::result_out_of_range && std::abs(result) >= 1) return Value::Error(EvalError::kOutOfRange);
  return Value::Double(result);  // too small for a double is zero
}

// Most lists of channels, stores or segments hold a few short strings: length and bytes, no hash.
bool InFewStrings(absl::Span<const Value> list, absl::string_view value) {
  for (const Value& item : list) {
    if (item.string_value() == value) return true;
  }
  return false;
}

Value StringToBool(absl::string_view s) {
  for (const absl::string_view yes : {"1", "t", "true", "TRUE", "True"}) {
    if (s == yes) return Value::Bool(true);
  }
  for (const absl::string_view no : {"0", "f", "false", "FALSE", "False"}) {
    if (s == no) return Value::Bool(false);
  }
  return Value::Error(EvalError::kBadConversion);
}

// What comes out of a list, map or object was made by the host, perhaps carelessly.
Value Checked(const Value& value, uint8_t kind) {
  return ABSL_PREDICT_TRUE(value.kind() == static_cast<Kind>(kind)) ? value : Adapt(value, static_cast<Kind>(kind));
}

Value ElementOfList(const Value& list, int64_t index, uint8_t kind) {
  if (index < 0 || index >= static_cast<int64_t>(list.size())) return Value::Error(EvalError::kOutOfRange);
  return Checked(list.list()[index], kind);
}

Value ValueOfMap(const Value& map, const Value& key, uint8_t kind) {
  const Value* const value = FindKey(map, key);
  return value == nullptr ? Value::Error(EvalError::kNoSuchKey) : Checked(*value, kind);
}

Value FieldOf(const Value& object, size_t field, uint8_t kind) {
  if (field >= object.size()) return Value::Error(EvalError::kNoSuchValue);
  return Checked(object.fields()[field], kind);
}

Value PartInZone(const Value& timestamp, absl::string_view zone_name, uint8_t part) {
  absl::TimeZone zone;
  if (!FindTimeZone(zone_name, &zone)) return Value::Error(EvalError::kBadTimeZone);
  return Value::Int(PartOfTimestamp(timestamp, static_cast<TimePart>(part), zone));
}

bool Matches(const re2::RE2& pattern, absl::string_view text) {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern);
}

Value DivideInt(Op op, int64_t a, int64_t b) {
  if (b == 0) return Value::Error(EvalError::kDivideByZero);
  if (a == std::numeric_limits<int64_t>::min() && b == -1) return Value::Error(EvalError::kOverflow);
  return Value::Int(op == Op::kDivideInt ? a / b : a % b);
}

Value ApplyIntArithmetic(Op op, int64_t a, int64_t b) {
  int64_t result = 0;
  switch (op) {
    case Op::kAddInt: return IntUnlessOverflow(__builtin_add_overflow(a, b, &result), result);
    case Op::kSubtractInt: return IntUnlessOverflow(__builtin_sub_overflow(a, b, &result), result);
    case Op::kMultiplyInt: return IntUnlessOverflow(__builtin_mul_overflow(a, b, &result), result);
    default: return DivideInt(op, a, b);
  }
}

// The less common ones, apart so that the others stay small.
Value ApplyRareUnary(const Program& program, const Instruction& instruction, const Value& top) {
  switch (instruction.op) {
    case Op::kStringToBool: return StringToBool(top.string_value());
    case Op::kIntToTimestamp: return TimestampFromSeconds(top.int_value());
    case Op::kStringToTimestamp: return ParseTimestamp(top.string_value());
    case Op::kTimestampToInt: return Value::Int(top.seconds());
    case Op::kStringToDuration: return ParseDuration(top.string_value());
    case Op::kPartOfTimestamp:
      return Value::Int(PartOfTimestamp(top, static_cast<TimePart>(instruction.aux), program.zones[instruction.a]));
    case Op::kPartOfDuration: return Value::Int(PartOfDuration(top, static_cast<TimePart>(instruction.aux)));
    case Op::kMatches: return Value::Bool(Matches(*program.patterns[instruction.a], top.string_value()));
    case Op::kHasField:
      return Value::Bool(static_cast<size_t>(instruction.a) < top.size() && !top.fields()[instruction.a].is_null());
    case Op::kHasKey: return Value::Bool(FindKey(top, program.constants[instruction.a]) != nullptr);
    default: return Value::Bool(ListContains(program.constants[instruction.a], top));  // kInConstantList
  }
}

}  // namespace

Value Adapt(Value value, Kind declared) {
  if (value.kind() == declared || value.is_error()) return value;
  if (value.is_null()) return Value::Error(EvalError::kNoSuchValue);
  if (value.kind() == Kind::kInt && declared == Kind::kDouble) {
    return Value::Double(static_cast<double>(value.int_value()));
  }
  return Value::Error(EvalError::kBadConversion);
}

Value ApplyUnary(const Program& program, const Instruction& instruction, Value top) {
  switch (instruction.op) {
    case Op::kNot: return Value::Bool(!top.bool_value());
    case Op::kNegateInt: {
      int64_t result = 0;
      return IntUnlessOverflow(__builtin_sub_overflow(int64_t{0}, top.int_value(), &result), result);
    }
    case Op::kNegateDouble: return Value::Double(-top.double_value());
    case Op::kSizeOfString: return Value::Int(CodePoints(top.string_value()));
    case Op::kSizeOfList: return Value::Int(static_cast<int64_t>(top.size()));
    case Op::kDoubleToInt: return DoubleToInt(top.double_value());
    case Op::kStringToInt: return StringToInt(top.string_value());
    case Op::kIntToDouble: return Value::Double(static_cast<double>(top.int_value()));
    case Op::kStringToDouble: return StringToDouble(top.string_value());
    case Op::kInConstantStrings:
      return Value::Bool(InFewStrings(program.constants[instruction.a].list(), top.string_value()));
    case Op::kInStringSet: return Value::Bool(program.sets[instruction.a].contains(top.string_value()));
    case Op::kField: return FieldOf(top, instruction.a, instruction.aux);
    default: return ApplyRareUnary(program, instruction, top);
  }
}

Value ApplyBinary(const Instruction& instruction, Value left, Value right) {
  const uint8_t aux = instruction.aux;
  const auto return_if = [&](Ordering ordering) { return Value::Bool((aux & ordering) != 0); };
  switch (instruction.op) {
    case Op::kCompareInt: return return_if(Compare(left.int_value(), right.int_value()));
    case Op::kCompareDouble: return return_if(Compare(left.double_value(), right.double_value()));
    case Op::kCompareIntDouble: return return_if(Compare(left.int_value(), right.double_value()));
    case Op::kCompareDoubleInt: return return_if(Compare(left.double_value(), right.int_value()));
    case Op::kCompareString: return return_if(Compare(left.string_value(), right.string_value()));
    case Op::kEqualString: return Value::Bool((left.string_value() == right.string_value()) == (aux != 0));
    case Op::kCompareTime: return return_if(Compare(left, right));
    case Op::kEqual: return Value::Bool(AreEqual(left, right) == (aux != 0));
    case Op::kInList: return Value::Bool(ListContains(right, left));
    case Op::kInMap: return Value::Bool(FindKey(right, left) != nullptr);
    case Op::kElementOfList: return ElementOfList(left, right.int_value(), aux);
    case Op::kValueOfMap: return ValueOfMap(left, right, aux);
    case Op::kAddDouble: return Value::Double(left.double_value() + right.double_value());
    case Op::kSubtractDouble: return Value::Double(left.double_value() - right.double_value());
    case Op::kMultiplyDouble: return Value::Double(left.double_value() * right.double_value());
    case Op::kDivideDouble: return Value::Double(left.double_value() / right.double_value());
    case Op::kAddTimes: return AddTimes(left, right, static_cast<Kind>(aux));
    case Op::kSubtractTimes: return SubtractTimes(left, right, static_cast<Kind>(aux));
    case Op::kPartInZone: return PartInZone(left, right.string_value(), aux);
    case Op::kStartsWith: return Value::Bool(absl::StartsWith(left.string_value(), right.string_value()));
    case Op::kEndsWith: return Value::Bool(absl::EndsWith(left.string_value(), right.string_value()));
    case Op::kContains: return Value::Bool(absl::StrContains(left.string_value(), right.string_value()));
    default: return ApplyIntArithmetic(instruction.op, left.int_value(), right.int_value());
  }
}

}  // namespace nbo::rules
