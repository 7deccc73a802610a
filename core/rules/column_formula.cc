#include "core/rules/column_formula.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <limits>
#include <utility>

#include "core/rules/column_code.h"
#include "core/rules/compare.h"
#include "core/rules/evaluator.h"

namespace nbo::rules {
namespace {

// Rows that are worked on together: their columns stay in the first cache.
constexpr size_t kBlock = 256;

constexpr uint8_t kNoError = static_cast<uint8_t>(EvalError::kNone);

// A column as steps see it, from the block's first row on.
struct View {
  const void* values = nullptr;
  const uint8_t* errors = nullptr;  // EvalError of each row; null: none has one. A value with an error is any

  template <typename T>
  const T* As() const {
    return static_cast<const T*>(values);
  }
};

// Where a step puts its result.
struct Place {
  alignas(64) unsigned char values[kBlock * sizeof(double)];
  uint8_t errors[kBlock];

  template <typename T>
  T* As() {
    return reinterpret_cast<T*>(values);
  }
};

// The first of two errors in the order of evaluation.
uint8_t First(uint8_t a, uint8_t b) { return a != kNoError ? a : b; }

// A condition that fails, fails the whole; else the chosen side's error counts.
uint8_t Chosen(uint8_t condition, bool chooses_then, uint8_t then, uint8_t otherwise) {
  return First(condition, chooses_then ? then : otherwise);
}

uint8_t At(const uint8_t* errors, size_t row) { return errors == nullptr ? kNoError : errors[row]; }

template <typename From, typename To, typename Function>
void Map(const View& a, size_t rows, To* __restrict out, Function function) {
  const From* __restrict from = a.As<From>();
  for (size_t i = 0; i < rows; ++i) out[i] = static_cast<To>(function(from[i]));
}

template <typename From, typename To, typename Function>
void Map(const View& a, const View& b, size_t rows, To* __restrict out, Function function) {
  const From* const left = a.As<From>();
  const From* const right = b.As<From>();
  for (size_t i = 0; i < rows; ++i) out[i] = function(left[i], right[i]);
}

// The operators written out for the loops to become vector code; all others by the bits of Ordering.
template <typename From>
void Compare(uint8_t orderings, const View& a, const View& b, size_t rows, uint8_t* out) {
  switch (orderings) {
    case kLess: return Map<From>(a, b, rows, out, [](From x, From y) { return x < y; });
    case kLess | kSame: return Map<From>(a, b, rows, out, [](From x, From y) { return x <= y; });
    case kGreater: return Map<From>(a, b, rows, out, [](From x, From y) { return x > y; });
    case kGreater | kSame: return Map<From>(a, b, rows, out, [](From x, From y) { return x >= y; });
    case kSame: return Map<From>(a, b, rows, out, [](From x, From y) { return x == y; });
    default: return Map<From>(a, b, rows, out, [](From x, From y) { return x != y; });
  }
}

template <typename Left, typename Right>
void CompareMixed(uint8_t orderings, const View& a, const View& b, size_t rows, uint8_t* out) {
  const Left* const left = a.As<Left>();
  const Right* const right = b.As<Right>();
  for (size_t i = 0; i < rows; ++i) out[i] = (rules::Compare(left[i], right[i]) & orderings) != 0;
}

// Each puts the result into *out and returns the error of one row.
EvalError DoubleToInt(double d, int64_t* out) {
  constexpr double kLimit = 9223372036854775808.0;  // both ends are excluded, as in operations.cc
  const bool fits = d > -kLimit && d < kLimit;
  *out = fits ? static_cast<int64_t>(d) : 0;
  return fits ? EvalError::kNone : EvalError::kOutOfRange;
}

EvalError UnlessOverflow(bool overflow) { return overflow ? EvalError::kOverflow : EvalError::kNone; }

EvalError DivideInt(ColumnOp op, int64_t a, int64_t b, int64_t* out) {
  *out = 0;
  if (b == 0) return EvalError::kDivideByZero;
  if (a == std::numeric_limits<int64_t>::min() && b == -1) return EvalError::kOverflow;
  *out = op == ColumnOp::kDivideInt ? a / b : a % b;
  return EvalError::kNone;
}

EvalError IntArithmetic(ColumnOp op, int64_t a, int64_t b, int64_t* out) {
  switch (op) {
    case ColumnOp::kAddInt: return UnlessOverflow(__builtin_add_overflow(a, b, out));
    case ColumnOp::kSubtractInt: return UnlessOverflow(__builtin_sub_overflow(a, b, out));
    case ColumnOp::kMultiplyInt: return UnlessOverflow(__builtin_mul_overflow(a, b, out));
    default: return DivideInt(op, a, b, out);
  }
}

}  // namespace

// One evaluation.
class ColumnMachine {
 public:
  ColumnMachine(const ColumnFormula::Code& code, absl::Span<const Column> columns, size_t rows)
      : code_(code),
        columns_(columns),
        // Not initialized: a block writes what it reads.
        places_(new Place[static_cast<size_t>(code.places)]),
        uniform_places_(new Place[code.uniforms.size()]),
        uniforms_(code.uniforms.size()),
        results_(static_cast<size_t>(code.places)),
        block_(std::min(rows, kBlock)) {}

  // Computes what is uniform, and spreads it over a block.
  void SetUniforms(const Activation& activation) {
    for (size_t i = 0; i < code_.uniforms.size(); ++i) {
      const Uniform& uniform = code_.uniforms[i];
      const Value value = Run(*uniform.program, activation);
      Place& place = uniform_places_[i];
      uniforms_[i] = {place.values, nullptr};
      if (value.is_error()) {
        std::memset(place.values, 0, sizeof(place.values));
        std::fill_n(place.errors, block_, static_cast<uint8_t>(value.error()));
        uniforms_[i].errors = place.errors;
      } else if (uniform.kind == Kind::kDouble) {
        std::fill_n(place.As<double>(), block_, value.double_value());
      } else if (uniform.kind == Kind::kInt) {
        std::fill_n(place.As<int64_t>(), block_, value.int_value());
      } else {
        std::fill_n(place.As<uint8_t>(), block_, uint8_t{value.bool_value()});
      }
    }
  }

  // Rows [first, first + rows), at most a block of them.
  void RunBlock(size_t first, size_t rows, double* results, EvalError* errors) {
    first_ = first;
    rows_ = rows;
    for (const ColumnStep& step : code_.steps) RunStep(step);
    const View result = Get(code_.result);
    if (code_.result_is_int) {
      Map<int64_t>(result, rows, results, [](int64_t i) { return static_cast<double>(i); });
    } else {
      std::copy_n(result.As<double>(), rows, results);
    }
    for (size_t i = 0; i < rows; ++i) errors[i] = static_cast<EvalError>(At(result.errors, i));
  }

 private:
  View Get(const ColumnOperand& operand) const {
    const auto number = static_cast<size_t>(operand.number);
    if (operand.from == ColumnOperand::From::kStep) return results_[number];
    if (operand.from == ColumnOperand::From::kUniform) return uniforms_[number];
    const size_t size = code_.input_kinds[number] == Kind::kBool ? sizeof(uint8_t) : sizeof(double);
    return {static_cast<const unsigned char*>(columns_[number]) + first_ * size, nullptr};
  }

  void RunStep(const ColumnStep& step) {
    Place& place = places_[static_cast<size_t>(step.place)];
    View& result = results_[static_cast<size_t>(step.place)];
    const View a = Get(step.a);
    // What an operand's error does to the result; the steps that can fail, or absorb errors, see to it themselves.
    const auto done = [&](const uint8_t* errors) { result = {place.values, errors}; };
    switch (step.op) {
      case ColumnOp::kNot:
        Map<uint8_t>(a, rows_, place.As<uint8_t>(), [](uint8_t x) { return x ^ 1; });
        return done(a.errors == nullptr ? nullptr : CopyErrors(a, {}, &place));
      case ColumnOp::kNegateDouble:
        Map<double>(a, rows_, place.As<double>(), [](double x) { return -x; });
        return done(CopyErrors(a, {}, &place));
      case ColumnOp::kIntToDouble:
        Map<int64_t>(a, rows_, place.As<double>(), [](int64_t x) { return static_cast<double>(x); });
        return done(CopyErrors(a, {}, &place));
      case ColumnOp::kNegateInt:
        return done(Try(a, {}, &place, [](const View& from, const View&, size_t i, int64_t* out) {
          return UnlessOverflow(__builtin_sub_overflow(int64_t{0}, from.As<int64_t>()[i], out));
        }));
      case ColumnOp::kDoubleToInt:
        return done(Try(a, {}, &place, [](const View& from, const View&, size_t i, int64_t* out) {
          return DoubleToInt(from.As<double>()[i], out);
        }));
      case ColumnOp::kAnd: return done(Merge(a, Get(step.b), false, &place));
      case ColumnOp::kOr: return done(Merge(a, Get(step.b), true, &place));
      case ColumnOp::kSelectNumber: return done(Select<uint64_t>(a, Get(step.b), Get(step.c), &place));
      case ColumnOp::kSelectBool: return done(Select<uint8_t>(a, Get(step.b), Get(step.c), &place));
      default: return done(RunBinary(step, a, Get(step.b), &place));
    }
  }

  const uint8_t* RunBinary(const ColumnStep& step, const View& a, const View& b, Place* place) {
    double* const doubles = place->As<double>();
    uint8_t* const bools = place->As<uint8_t>();
    switch (step.op) {
      case ColumnOp::kAddDouble: Map<double>(a, b, rows_, doubles, [](double x, double y) { return x + y; }); break;
      case ColumnOp::kSubtractDouble:
        Map<double>(a, b, rows_, doubles, [](double x, double y) { return x - y; });
        break;
      case ColumnOp::kMultiplyDouble:
        Map<double>(a, b, rows_, doubles, [](double x, double y) { return x * y; });
        break;
      case ColumnOp::kDivideDouble: Map<double>(a, b, rows_, doubles, [](double x, double y) { return x / y; }); break;
      case ColumnOp::kCompareDouble: Compare<double>(step.orderings, a, b, rows_, bools); break;
      case ColumnOp::kCompareInt: Compare<int64_t>(step.orderings, a, b, rows_, bools); break;
      case ColumnOp::kCompareBool: Compare<uint8_t>(step.orderings, a, b, rows_, bools); break;
      case ColumnOp::kCompareIntDouble: CompareMixed<int64_t, double>(step.orderings, a, b, rows_, bools); break;
      case ColumnOp::kCompareDoubleInt: CompareMixed<double, int64_t>(step.orderings, a, b, rows_, bools); break;
      default:
        return Try(a, b, place, [op = step.op](const View& left, const View& right, size_t i, int64_t* out) {
          return IntArithmetic(op, left.As<int64_t>()[i], right.As<int64_t>()[i], out);
        });
    }
    return CopyErrors(a, b, place);
  }

  // The errors of a result that adds none; null if there are none.
  const uint8_t* CopyErrors(const View& a, const View& b, Place* place) const {
    if (a.errors == nullptr && b.errors == nullptr) return nullptr;
    for (size_t i = 0; i < rows_; ++i) place->errors[i] = First(At(a.errors, i), At(b.errors, i));
    return place->errors;
  }

  // An operation on each row that may fail and gives an int.
  template <typename Operation>
  const uint8_t* Try(const View& a, const View& b, Place* place, Operation operation) const {
    uint8_t any = 0;
    for (size_t i = 0; i < rows_; ++i) {
      const uint8_t before = First(At(a.errors, i), At(b.errors, i));
      const EvalError own = operation(a, b, i, place->As<int64_t>() + i);
      place->errors[i] = First(before, static_cast<uint8_t>(own));
      any |= place->errors[i];
    }
    return any == kNoError ? nullptr : place->errors;
  }

  // && and ||: a value that decides wins, whatever failed; else the first error. This may be done two by two from the
  // left, since an error stays the first one until something decides.
  const uint8_t* Merge(const View& a, const View& b, bool deciding, Place* place) const {
    const uint8_t* const left = a.As<uint8_t>();
    const uint8_t* const right = b.As<uint8_t>();
    uint8_t* const out = place->As<uint8_t>();
    if (a.errors == nullptr && b.errors == nullptr) {
      for (size_t i = 0; i < rows_; ++i) out[i] = deciding ? left[i] | right[i] : left[i] & right[i];
      return nullptr;
    }
    for (size_t i = 0; i < rows_; ++i) {
      const uint8_t left_error = At(a.errors, i), right_error = At(b.errors, i);
      const bool decided = (left_error == kNoError && left[i] == uint8_t{deciding}) ||
                           (right_error == kNoError && right[i] == uint8_t{deciding});
      out[i] = decided == deciding;
      place->errors[i] = decided ? kNoError : First(left_error, right_error);
    }
    return place->errors;
  }

  // Of numbers as their bits.
  template <typename T>
  const uint8_t* Select(const View& condition, const View& then, const View& otherwise, Place* place) const {
    const uint8_t* const choose = condition.As<uint8_t>();
    const T* const left = then.As<T>();
    const T* const right = otherwise.As<T>();
    T* const out = place->As<T>();
    for (size_t i = 0; i < rows_; ++i) out[i] = choose[i] != 0 ? left[i] : right[i];
    if (condition.errors == nullptr && then.errors == nullptr && otherwise.errors == nullptr) return nullptr;
    for (size_t i = 0; i < rows_; ++i) {
      place->errors[i] = Chosen(At(condition.errors, i), choose[i] != 0, At(then.errors, i), At(otherwise.errors, i));
    }
    return place->errors;
  }

  const ColumnFormula::Code& code_;
  const absl::Span<const Column> columns_;
  const std::unique_ptr<Place[]> places_;
  const std::unique_ptr<Place[]> uniform_places_;
  std::vector<View> uniforms_;
  std::vector<View> results_;  // by place
  const size_t block_;
  size_t first_ = 0;  // of the block at hand
  size_t rows_ = 0;
};

ColumnFormula::ColumnFormula(std::shared_ptr<const Code> code) : code_(std::move(code)) {}

const std::vector<int>& ColumnFormula::inputs() const { return code_->inputs; }

void ColumnFormula::Evaluate(const Activation& activation, absl::Span<const Column> columns, absl::Span<double> results,
                             absl::Span<EvalError> errors) const {
  assert(columns.size() == code_->inputs.size() && errors.size() == results.size());
  ColumnMachine machine(*code_, columns, results.size());
  machine.SetUniforms(activation);
  for (size_t first = 0; first < results.size(); first += kBlock) {
    const size_t rows = std::min(kBlock, results.size() - first);
    machine.RunBlock(first, rows, results.data() + first, errors.data() + first);
  }
}

}  // namespace nbo::rules
