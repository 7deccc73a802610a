// One formula for many rows at once, column by column.
//
// Evaluating a formula offer by offer costs an interpreted instruction for each of its steps and each offer. Here each
// step is done for all rows before the next one: a loop over plain numbers, which costs about a nanosecond a row. What
// does not vary between the rows is computed once.
#ifndef NBO_CORE_RULES_COLUMN_FORMULA_H_
#define NBO_CORE_RULES_COLUMN_FORMULA_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/rules/environment.h"
#include "core/rules/value.h"

namespace nbo::rules {

// The values of one variable, one for each row: doubles, int64_t, or uint8_t of 0 and 1 for a bool, by its type.
// Without error or Null.
using Column = const void*;

// Immutable: any number of threads may evaluate it at once. Cheap to copy.
class ColumnFormula {
 public:
  // From the text of a formula that Expression::Compile accepts for kDouble. `varies` tells which slots differ between
  // rows; the others keep one value. nullopt if the text is not accepted, or something in it that varies is neither
  // number nor bool, or it goes through lists or makes texts, whose limits hold for an evaluation as a whole: such a
  // formula is to be evaluated row by row, as an Expression.
  static std::optional<ColumnFormula> Compile(absl::string_view text, const Environment& environment,
                                              absl::FunctionRef<bool(int slot)> varies);

  // The slots that vary, of those the formula names: the columns to give, in this order.
  const std::vector<int>& inputs() const;

  // Puts into (*results)[i] and (*errors)[i] what Expression::Evaluate gives for an activation that has the values of
  // row i in the slots that vary, and those of `activation` in the others: the same double to the bit and kNone, or the
  // error and any number. (What is no number may differ in the bits that do not show.) One column of `results.size()`
  // rows for each of inputs(); `errors` is as long.
  void Evaluate(const Activation& activation, absl::Span<const Column> columns, absl::Span<double> results,
                absl::Span<EvalError> errors) const;

 private:
  struct Code;
  friend class ColumnCompiler;
  friend class ColumnMachine;
  explicit ColumnFormula(std::shared_ptr<const Code> code);
  std::shared_ptr<const Code> code_;
};

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_COLUMN_FORMULA_H_
