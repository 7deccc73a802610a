#include "tests/fuzz/rules/columns_check.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/rules/column_formula.h"
#include "core/rules/expression.h"
#include "tests/fuzz/require.h"

namespace nbo::fuzz {
namespace {

using rules::Kind;
using rules::Value;

// The world with other values in some slots.
class Row : public rules::Activation {
 public:
  explicit Row(const World& world) : values_(world.slots.begin(), world.slots.end()), world_(world) { slots = values_; }
  void Set(int slot, Value value) { values_[static_cast<size_t>(slot)] = value; }
  Value Fact(int family, uint64_t key, int field) const override { return world_.Fact(family, key, field); }
  void ForEachKey(int family, absl::FunctionRef<void(uint64_t key)> visit) const override {
    world_.ForEachKey(family, visit);
  }

 private:
  std::vector<Value> values_;
  const World& world_;
};

// One varying slot; of the three only the one of its kind is filled.
struct Varying {
  int slot;
  Kind kind;
  std::vector<double> doubles;
  std::vector<int64_t> ints;
  std::vector<uint8_t> bools;

  rules::Column column() const {
    return kind == Kind::kDouble ? static_cast<rules::Column>(doubles.data())
           : kind == Kind::kInt  ? static_cast<rules::Column>(ints.data())
                                 : static_cast<rules::Column>(bools.data());
  }
  Value At(size_t row) const {
    return kind == Kind::kDouble ? Value::Double(doubles[row])
           : kind == Kind::kInt  ? Value::Int(ints[row])
                                 : Value::Bool(bools[row] != 0);
  }
};

double MakeDouble(std::mt19937_64* random) {
  constexpr double kSpecial[] = {0.0,
                                 -0.0,
                                 1.0,
                                 2.0,
                                 -1.5,
                                 9007199254740993.0,
                                 9223372036854775808.0,
                                 1e308,
                                 1e-9,
                                 5e-324,
                                 0.1,
                                 std::numeric_limits<double>::infinity(),
                                 std::numeric_limits<double>::quiet_NaN()};
  const uint64_t choice = (*random)() % 24;
  return choice < std::size(kSpecial) ? kSpecial[choice] : std::ldexp(static_cast<double>((*random)() % 4096), -7);
}

int64_t MakeInt(std::mt19937_64* random) {
  constexpr int64_t kSpecial[] = {
      0, 1, -1, 2, std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min(), (int64_t{1} << 53) + 1};
  const uint64_t choice = (*random)() % 14;
  return choice < std::size(kSpecial) ? kSpecial[choice] : static_cast<int64_t>((*random)() % 200) - 100;
}

Varying MakeVarying(int slot, Kind kind, size_t rows, std::mt19937_64* random) {
  Varying varying{slot, kind, {}, {}, {}};
  for (size_t i = 0; i < rows; ++i) {
    if (kind == Kind::kDouble) varying.doubles.push_back(MakeDouble(random));
    if (kind == Kind::kInt) varying.ints.push_back(MakeInt(random));
    if (kind == Kind::kBool) varying.bools.push_back((*random)() % 2);
  }
  return varying;
}

bool IsSameDouble(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return std::memcmp(&a, &b, sizeof(a)) == 0;
}

}  // namespace

ColumnsChecked CheckColumns(const std::string& rule, const World& world, uint64_t seed) {
  std::mt19937_64 random(seed);
  const uint64_t mask = random() | random();  // most of them
  const auto varies = [&](int slot) {
    const Kind kind = WorldEnvironment().variables()[static_cast<size_t>(slot)].type.kind();
    return (kind == Kind::kDouble || kind == Kind::kInt || kind == Kind::kBool) && (mask >> (slot % 64) & 1) != 0;
  };
  const auto formula = rules::ColumnFormula::Compile(rule, WorldEnvironment(), varies);
  const auto compiled = rules::Expression::Compile(rule, WorldEnvironment(), rules::Type::kDouble);
  const auto* expression = std::get_if<rules::Expression>(&compiled);
  Require(expression != nullptr || !formula.has_value(), "only what compiles is a formula for columns",
          [&] { return rule; });
  if (!formula.has_value() || formula->inputs().empty()) return {};

  const size_t rows = random() % 8 == 0 ? 1 + random() % 600 : 1 + random() % 20;
  std::vector<Varying> varying;
  std::vector<rules::Column> columns;
  for (const int slot : formula->inputs()) {
    const Kind kind = WorldEnvironment().variables()[static_cast<size_t>(slot)].type.kind();
    varying.push_back(MakeVarying(slot, kind, rows, &random));
  }
  for (const Varying& one : varying) columns.push_back(one.column());
  std::vector<double> results(rows);
  std::vector<rules::EvalError> errors(rows);
  formula->Evaluate(world, columns, absl::MakeSpan(results), absl::MakeSpan(errors));

  ColumnsChecked checked{true, static_cast<int>(rows), 0};
  Row row(world);
  for (size_t i = 0; i < rows; ++i) {
    for (const Varying& one : varying) row.Set(one.slot, one.At(i));
    const Value expected = expression->Evaluate(row);
    const bool failed = errors[i] != rules::EvalError::kNone;
    const bool same = expected.is_error() ? expected.error() == errors[i]
                                          : !failed && expected.type() == rules::Type::kDouble &&
                                                IsSameDouble(expected.double_value(), results[i]);
    Require(same, "columns give what rows give", [&] {
      return absl::StrCat(rule, "\nseed ", seed, ", row ", i, " of ", rows, " gives ",
                          (failed ? Value::Error(errors[i]) : Value::Double(results[i])).ToString(), "\nmust be ",
                          expected.ToString());
    });
    checked.failures += failed;
  }
  return checked;
}

}  // namespace nbo::fuzz
