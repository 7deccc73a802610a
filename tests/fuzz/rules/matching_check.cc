#include "tests/fuzz/rules/matching_check.h"

#include <optional>
#include <variant>
#include <vector>

#include "core/base/text.h"
#include "core/matching/index.h"
#include "core/matching/terms.h"
#include "core/rules/condition.h"
#include "tests/fuzz/require.h"

namespace nbo::fuzz {
namespace {

using rules::Condition;
using rules::Value;

// true, false; nullopt for an error.
using Truth = std::optional<bool>;

Truth TruthOf(const Value& value) { return value.is_error() ? std::nullopt : Truth(value.is_true()); }

// An operand that decides does so wherever it stands; else one that cannot be said leaves all unsaid.
Truth TruthOf(const Condition& condition, int part, const World& world) {
  const Condition::Part& p = condition.parts()[part];
  if (p.kind == Condition::Kind::kAtom) return TruthOf(condition.ExpressionOf(part).Evaluate(world));
  if (p.kind == Condition::Kind::kNot) {
    const Truth inner = TruthOf(condition, p.children[0], world);
    return inner.has_value() ? Truth(!*inner) : inner;
  }
  const bool decides = p.kind == Condition::Kind::kOr;
  bool unsaid = false;
  for (const int child : p.children) {
    const Truth truth = TruthOf(condition, child, world);
    if (truth == decides) return decides;
    unsaid = unsaid || !truth.has_value();
  }
  return unsaid ? std::nullopt : Truth(!decides);
}

// What is told of atoms; crashes show.
void AskAboutAtoms(const Condition& condition) {
  for (size_t part = 0; part < condition.parts().size(); ++part) {
    if (condition.parts()[part].kind != Condition::Kind::kAtom) continue;
    const int atom = static_cast<int>(part);
    condition.KeyOf(atom);
    condition.TextOf(atom);
    condition.DependenciesOf(atom);
  }
}

bool IsCandidate(const matching::TermTable& table, const matching::Index& index, const World& world) {
  matching::Truths truths(table, world);
  bool found = false;
  index.ForEachCandidate(matching::FindKeys(table, world), &truths, [&](int32_t) { found = true; });
  return found;
}

}  // namespace

void CheckMatching(const std::string& rule, const World& world, absl::Span<const rules::Constant> constants,
                   const Value& value) {
  const auto context = [&] { return rule + "\nis " + value.ToString(); };
  const auto compiled = Condition::Compile(rule, WorldEnvironment(), constants);
  Require(std::holds_alternative<Condition>(compiled), "a condition compiles as its expression does", context);
  const Condition& condition = std::get<Condition>(compiled);
  AskAboutAtoms(condition);
  Require(TruthOf(condition, condition.root(), world) == TruthOf(value), "the skeleton gives what the rule gives",
          context);

  matching::TermTable table([](int) { return false; }, &WorldEnvironment());
  const std::vector<matching::TermId> terms = table.Add(condition);
  matching::Index index;
  index.Add(0, terms);
  index.Finish(table);
  table.Finish();
  matching::Truths truths(table, world);
  Require(truths.AllTrue(terms) == value.is_true(), "the matcher gives what the rule gives", context);
  Require(!value.is_true() || IsCandidate(table, index, world), "what is true is visited", context);
  if (!value.is_true()) {
    const std::string why = rules::ExplainFailure(condition, world);
    Require(!why.empty() && IsUtf8(why), "what does not hold is explained", context);
  }
}

}  // namespace nbo::fuzz
