// The code of a ColumnFormula; private to the room.
#ifndef NBO_CORE_RULES_COLUMN_CODE_H_
#define NBO_CORE_RULES_COLUMN_CODE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "core/rules/column_formula.h"
#include "core/rules/program.h"

namespace nbo::rules {

enum class ColumnOp : uint8_t {
  // a is the operand.
  kNot,
  kNegateInt,
  kNegateDouble,
  kIntToDouble,
  kDoubleToInt,
  // a and b are.
  kAddInt,
  kSubtractInt,
  kMultiplyInt,
  kDivideInt,
  kModuloInt,
  kAddDouble,
  kSubtractDouble,
  kMultiplyDouble,
  kDivideDouble,
  kCompareInt,  // `orderings` as in compare.h
  kCompareDouble,
  kCompareIntDouble,
  kCompareDoubleInt,
  kCompareBool,
  kAnd,
  kOr,
  // a ? b : c.
  kSelectNumber,
  kSelectBool,
};

// A column that a step reads: an input, something uniform, or the result of an earlier step.
struct ColumnOperand {
  enum class From : uint8_t { kInput, kUniform, kStep } from = From::kStep;
  int32_t number = 0;  // of the input, in `uniforms`, or of the place of a result
};

struct ColumnStep {
  ColumnOp op;
  uint8_t orderings = 0;
  int32_t place = 0;  // of the result, which is none of the operands
  ColumnOperand a, b, c;
};

// What is the same for all rows: evaluated once.
struct Uniform {
  std::unique_ptr<Program> program;
  Kind kind;  // kInt, kDouble or kBool
};

struct ColumnFormula::Code {
  std::vector<int> inputs;        // slots
  std::vector<Kind> input_kinds;  // as Uniform::kind
  std::vector<Uniform> uniforms;
  std::vector<ColumnStep> steps;
  ColumnOperand result;
  bool result_is_int = false;
  int32_t places = 0;
};

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_COLUMN_CODE_H_
