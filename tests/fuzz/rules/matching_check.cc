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

// One of few documents is asked by itself; what many share strikes them out together.
constexpr int32_t kFew = 1;
constexpr int32_t kMany = 8;

// How many of so many equal documents the index finds.
int CountMatches(int32_t documents, const Condition& condition, const World& world) {
  matching::TermTable table([](int) { return false; }, &WorldEnvironment());
  matching::Index index;
  for (int32_t document = 0; document < documents; ++document) index.Add(document, table.Add(condition, document, ""));
  index.Finish(table);
  table.Finish();
  const auto prepare = [](int32_t) {};
  matching::Truths truths(table, world, prepare);
  int found = 0;
  index.ForEachMatch(matching::FindKeys(table, world), &truths, [&](int32_t) { ++found; });
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

  for (const int32_t documents : {kFew, kMany}) {
    Require(CountMatches(documents, condition, world) == (value.is_true() ? documents : 0),
            "the index finds what is true, and nothing else", context);
  }
  if (!value.is_true()) {
    const std::string why = rules::ExplainFailure(condition, world);
    Require(!why.empty() && IsUtf8(why), "what does not hold is explained", context);
  }
}

}  // namespace nbo::fuzz
