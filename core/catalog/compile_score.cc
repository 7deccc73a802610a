#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/limits.h"
#include "core/catalog/compile_internal.h"
#include "core/catalog/vocabulary.h"

namespace nbo {
namespace {

// A context is of the request as a whole.
bool NamesOnlyTheRequest(const Text& rule, const rules::Expression& when, FieldReader* read) {
  for (int slot = Slot::kContextWeight; slot < Slot::kCount; ++slot) {
    if (!when.Names(slot)) continue;
    const std::string& name = Words()[static_cast<size_t>(slot)].name;
    read->Mistake(rule.place, absl::StrCat("context_weights.when: ", name, " cannot stand here: a context weight is ",
                                           slot == Slot::kContextWeight ? "made of these rules"
                                                                        : "the same for all offers of a request",
                                           "; use words about the customer, the basket and the request"));
    return false;
  }
  return true;
}

void CompileContextWeights(const std::vector<ContextWeightDraft>& drafts, FieldReader* read, Catalog* catalog) {
  constexpr double kMaxWeight = 1e6;  // as of offers
  if (drafts.size() > kMaxContextWeights) {
    read->Mistake(drafts[kMaxContextWeights].place,
                  absl::StrCat("context_weights: ", drafts.size(), "; at most ", kMaxContextWeights));
  }
  for (const ContextWeightDraft& draft : drafts) {
    auto when = read->Rule("context_weights.when", draft.when, FullVocabulary(), rules::Type::kBool);
    const double weight = read->Number("context_weights.weight", draft.weight, 0, kMaxWeight);
    if (!when || !NamesOnlyTheRequest(draft.when, *when, read)) continue;
    catalog->conditions.NoteSegments(*when);
    catalog->context_weights.push_back({*std::move(when), weight});
  }
}

}  // namespace

uint8_t FormulaFacts(const rules::Expression& formula) {
  uint8_t facts = 0;
  for (int slot = Slot::kOfferId; slot < Slot::kOfferAffinity; ++slot) {
    if (formula.Names(slot)) facts |= kOfferWords;
  }
  if (formula.Names(Slot::kOfferAffinity) || formula.Names(Slot::kOfferVisits)) facts |= kOfferAffinity;
  if (formula.Names(Slot::kOfferInBasket)) facts |= kOfferInBasket;
  return facts;
}

void CompileScore(const CatalogDraft& draft, FieldReader* read, Catalog* catalog) {
  const Text score = draft.score.given ? draft.score : Text{kDefaultScore, {}};
  catalog->score = read->Rule("score", score, FullVocabulary(), rules::Type::kDouble);
  if (catalog->score) {
    catalog->score_facts = FormulaFacts(*catalog->score);
    catalog->score_columns = CompileForColumns(*catalog->score);
    catalog->conditions.NoteSegments(*catalog->score);
  }
  if (draft.score_floor) catalog->score_floor = read->Number("score_floor", *draft.score_floor, -1e12, 1e12);
  CompileContextWeights(draft.context_weights, read, catalog);
  if (!draft.arbitration) return;
  if (!draft.arbitration->per_category) {
    read->Mistake(draft.arbitration->place, "arbitration: bounds nothing; give it per_category, or remove it");
    return;
  }
  catalog->per_category = static_cast<int>(
      read->Whole("arbitration.per_category", *draft.arbitration->per_category, 1, kMaxOffersPerAnswer));
}

}  // namespace nbo
