#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/limits.h"
#include "core/catalog/compile_internal.h"
#include "core/catalog/vocabulary.h"
#include "core/rules/edit_distance.h"

namespace nbo {
namespace {

constexpr double kBucket = 1e-4;           // the hash has ten thousand
constexpr double kWeightTolerance = 1e-6;  // of the sum: weights are decimals

Experiment CompileExperiment(const ExperimentDraft& draft, SeenIds* ids, FieldReader* read) {
  read->CheckUnique("experiments.id", draft.id, ids);
  const std::string id = read->Slug("experiments.id", draft.id);
  std::optional<BucketNamespace> space;
  if (draft.space) {
    space = BucketNamespace{read->Slug("experiments.namespace.id", draft.space->id),
                            {read->Number("experiments.namespace.from", draft.space->from, 0, 1),
                             read->Number("experiments.namespace.to", draft.space->to, 0, 1)}};
    const bool given = draft.space->from.given && draft.space->to.given;
    if (given && space->range.begin >= space->range.end) {
      read->Mistake(draft.space->to.place, absl::StrCat("experiments.namespace: from ", draft.space->from.value, " to ",
                                                        draft.space->to.value, " holds nobody; write from < to"));
    }
  }
  const double coverage = draft.coverage ? read->Number("experiments.coverage", *draft.coverage, 0, 1) : 1;
  std::vector<Variant> variants;
  SeenIds variant_ids;
  for (const VariantDraft& variant : draft.variants) {
    read->CheckUnique("experiments.variants.id", variant.id, &variant_ids);
    variants.push_back({read->Slug("experiments.variants.id", variant.id),
                        read->Number("experiments.variants.weight", variant.weight, 0, 1),
                        variant.withheld && read->Bool("experiments.variants.withheld", *variant.withheld)});
  }
  return Experiment(id, std::move(variants), coverage, std::move(space));
}

void CheckVariants(const ExperimentDraft& draft, const Experiment& experiment, FieldReader* read) {
  const std::vector<Variant>& variants = experiment.variants();
  if (!draft.variants_are_whole) return;
  if (variants.size() < 2) {
    return read->Mistake(draft.place, absl::StrCat("experiments.variants: '", experiment.id(),
                                                   "' has fewer than two; there is nothing to compare"));
  }
  double sum = 0;
  bool weights_given = true;
  for (size_t i = 0; i < variants.size(); ++i) {
    sum += variants[i].weight;
    weights_given &= draft.variants[i].weight.given;
  }
  if (weights_given && std::abs(sum - 1) > kWeightTolerance) {
    read->Mistake(draft.place, absl::StrCat("experiments.variants: the weights of '", experiment.id(), "' add up to ",
                                            sum, ", not to 1"));
  }
  if (std::all_of(variants.begin(), variants.end(), [](const Variant& v) { return v.withheld; })) {
    read->Mistake(draft.place, absl::StrCat("experiments.variants: all of '", experiment.id(),
                                            "' are withheld; nobody who takes part would see an offer"));
  }
}

// What may be meant by a name that is not there. Beyond the mistakes that are told it would be work for nothing.
std::string Suggestion(absl::string_view name, const std::vector<absl::string_view>& known, const FieldReader& read) {
  return read.mistakes.size() < kMaxDiagnostics ? rules::DidYouMean(name, known) : "";
}

// A default offer is the same for everybody, also for those in the control group.
bool MayTakePart(const Offer& offer, const Text& named, FieldReader* read) {
  if (!offer.is_default) return true;
  read->Mistake(named.place, absl::StrCat("experiments: '", offer.id,
                                          "' is a default offer, which is the same for everybody; leave it out"));
  return false;
}

// Positions of offers by what they share, and its names in order, to suggest one.
struct OfferSets {
  void Add(const std::string& name, int32_t offer) {
    if (name.empty()) return;
    const auto [it, is_new] = offers.try_emplace(name);
    it->second.push_back(offer);
    if (is_new) names.push_back(name);
  }

  absl::flat_hash_map<absl::string_view, std::vector<int32_t>> offers;
  std::vector<absl::string_view> names;
};

struct OfferNames {
  explicit OfferNames(const std::vector<Offer>& offers) {
    for (size_t i = 0; i < offers.size(); ++i) {
      const auto number = static_cast<int32_t>(i);
      by_id.Add(offers[i].id, number);
      by_group.Add(offers[i].group, number);
      by_campaign.Add(offers[i].terms.campaign, number);
    }
  }

  OfferSets by_id, by_group, by_campaign;
};

// Adds the positions of the offers of that name; `what` and `where` frame it in the mistake: "no offer 'x' is there".
void FindNamed(absl::string_view field, const Text& named, const OfferSets& sets, const Catalog& catalog,
               FieldReader* read, std::vector<int32_t>* found) {
  const auto it = sets.offers.find(named.value);
  if (it == sets.offers.end()) {
    return read->Mistake(named.place, absl::StrCat(field, ": no offer '", named.value, "' is in this catalog",
                                                   Suggestion(named.value, sets.names, *read)));
  }
  for (const int32_t number : it->second) {
    if (MayTakePart(catalog.offers[number], named, read)) found->push_back(number);
  }
}

// Of a group or a campaign, but for its default offers: what somebody marks as one later must not stop a publication.
void FindSet(absl::string_view field, const Text& named, const OfferSets& sets, const Catalog& catalog,
             FieldReader* read, std::vector<int32_t>* found) {
  const auto it = sets.offers.find(named.value);
  if (it == sets.offers.end()) {
    return read->Mistake(named.place, absl::StrCat(field, ": no offer is in '", named.value, "'",
                                                   Suggestion(named.value, sets.names, *read)));
  }
  for (const int32_t number : it->second) {
    if (!catalog.offers[number].is_default) found->push_back(number);
  }
  if (!found->empty()) return;
  read->Mistake(named.place,
                absl::StrCat(field, ": '", named.value, "' has default offers only, which are the same for everybody"));
}

std::vector<int32_t> FindOffers(const ExperimentDraft& draft, const OfferNames& names, const Catalog& catalog,
                                FieldReader* read) {
  std::vector<int32_t> found;
  SeenIds seen;
  for (const Text& named : draft.offers) {
    read->CheckUnique("experiments.offers", named, &seen);
    FindNamed("experiments.offers", named, names.by_id, catalog, read, &found);
  }
  if (draft.group) {
    FindSet("experiments.group", *draft.group, names.by_group, catalog, read, &found);
  }
  if (draft.campaign) {
    FindSet("experiments.campaign", *draft.campaign, names.by_campaign, catalog, read, &found);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

void FindOffersOf(const ExperimentDraft& draft, uint16_t number, const OfferNames& names, FieldReader* read,
                  Catalog* catalog) {
  const int ways = (draft.offers.empty() ? 0 : 1) + (draft.group ? 1 : 0) + (draft.campaign ? 1 : 0);
  if (draft.offers_are_whole && ways != 1) {
    return read->Mistake(draft.place, ways > 1 ? "experiments: give it one of offers, group and campaign"
                                               : "experiments: what is it about? Give it offers: [ID, ...], group: ID "
                                                 "or campaign: ID");
  }
  std::vector<int32_t> offers = FindOffers(draft, names, *catalog, read);
  for (const int32_t offer : offers) {
    Offer& about = catalog->offers[offer];
    about.experiments.push_back(number);
    catalog->columns.in_experiments[offer] = 1;
    if (about.experiments.size() != kMaxExperimentsPerOffer + 1) continue;
    read->Mistake(draft.place, absl::StrCat("experiments: more than ", kMaxExperimentsPerOffer, " are about offer '",
                                            about.id, "'; end some of them"));
  }
  catalog->experiments[number].set_offers(std::move(offers));
}

// What an experiment changes about an offer.
bool VariesTreatments(const Offer& offer, int experiment) {
  return std::any_of(offer.treatments.begin(), offer.treatments.end(),
                     [experiment](const Treatment& t) { return t.experiment == experiment; });
}
bool VariesScore(const Catalog& catalog, int experiment) { return !catalog.variant_scores[experiment].empty(); }

// Two experiments about one offer either exclude each other or vary different things of it: a person in both could not
// be given both texts. Ranges of one namespace that overlap exclude nobody, which was surely not meant. Each pair is
// told once.
void CheckPairs(const CatalogDraft& draft, const Catalog& catalog, FieldReader* read) {
  absl::flat_hash_map<std::pair<int, int>, bool> told;
  for (const Offer& offer : catalog.offers) {
    if (offer.experiments.size() > kMaxExperimentsPerOffer) continue;  // told
    for (size_t i = 0; i < offer.experiments.size(); ++i) {
      for (size_t k = 0; k < i; ++k) {
        const int first = offer.experiments[k], second = offer.experiments[i];
        const Experiment &a = catalog.experiments[first], &b = catalog.experiments[second];
        if (ExcludeEachOther(a, b)) continue;
        const bool one_namespace = a.space() && b.space() && a.space()->id == b.space()->id;
        const bool texts = VariesTreatments(offer, first) && VariesTreatments(offer, second);
        const bool scores = VariesScore(catalog, first) && VariesScore(catalog, second);
        if (!(one_namespace || texts || scores) || !told.try_emplace({first, second}, true).second) continue;
        const Place place = draft.experiments[second].place;
        if (one_namespace) {
          read->Mistake(place, absl::StrCat("experiments.namespace: '", b.id(), "' and '", a.id(), "' overlap in '",
                                            a.space()->id, "', and both are about offer '", offer.id,
                                            "'; give them ranges that do not overlap"));
        } else {
          read->Mistake(place, absl::StrCat("experiments: '", b.id(), "' and '", a.id(), "' both vary the ",
                                            texts ? "treatments" : "score", " of offer '", offer.id,
                                            "'; give them ranges of one namespace that do not overlap"));
        }
      }
    }
  }
}

void CompileVariantScore(const VariantScoreDraft& draft, SeenIds* seen, FieldReader* read, Catalog* catalog) {
  read->CheckUnique("score_variants", draft.variant, seen);
  const VariantNumber named = FindVariant("score_variants", draft.variant, *catalog, read);
  auto formula = read->Rule("score_variants", draft.score, FullVocabulary(), rules::Type::kDouble);
  if (!formula || named.experiment < 0) return;
  catalog->conditions.NoteSegments(*formula);
  auto& scores = catalog->variant_scores[named.experiment];
  scores.resize(catalog->experiments[named.experiment].variants().size());
  const uint8_t facts = FormulaFacts(*formula);
  scores[named.variant] = ScoreFormula{*std::move(formula), facts};
}

}  // namespace

void CompileControl(const std::optional<ControlDraft>& draft, FieldReader* read, Catalog* catalog) {
  if (!draft) return;
  GlobalControl::Rules rules;
  rules.share = read->Number("control.share", draft->share, 0, 1);
  const double buckets = rules.share / kBucket;
  if (std::abs(buckets - std::round(buckets)) > 1e-6) {
    read->Mistake(draft->share.place, absl::StrCat("control.share: ", draft->share.value,
                                                   " is finer than the 10,000 buckets; use at most four decimals"));
  }
  rules.salt = read->Slug("control.salt", draft->salt);
  if (draft->rotate_days.has_value() != draft->rotate_from.has_value()) {
    read->Mistake(draft->place, draft->rotate_days ? "control.rotate_from: is required with rotate_days"
                                                   : "control.rotate_days: is required with rotate_from");
  }
  if (draft->rotate_days) {
    rules.rotate_days = static_cast<int>(read->Whole("control.rotate_days", *draft->rotate_days, 1, kMaxRotateDays));
  }
  // Not moved with the windows: who is in control depends on it.
  if (draft->rotate_from) rules.rotate_from = read->UnmovedDate("control.rotate_from", *draft->rotate_from, 0);
  catalog->control.emplace(std::move(rules));
}

void CompileExperiments(const std::vector<ExperimentDraft>& drafts, FieldReader* read, Catalog* catalog) {
  if (drafts.size() > kMaxExperiments) {
    return read->Mistake(drafts[kMaxExperiments].place,
                         absl::StrCat("experiments: ", drafts.size(), "; at most ", kMaxExperiments));
  }
  SeenIds ids;
  for (const ExperimentDraft& draft : drafts) {
    catalog->experiments.push_back(CompileExperiment(draft, &ids, read));
    if (draft.variants.size() > kMaxVariantsPerExperiment) {
      read->Mistake(draft.place, absl::StrCat("experiments.variants: ", draft.variants.size(), "; at most ",
                                              kMaxVariantsPerExperiment));
    }
    CheckVariants(draft, catalog->experiments.back(), read);
  }
  catalog->variant_scores.resize(drafts.size());
}

VariantNumber FindVariant(absl::string_view field, const Text& text, const Catalog& catalog, FieldReader* read) {
  if (!text.given) return {};
  const size_t slash = text.value.find('/');
  if (slash == std::string::npos) {
    read->Mistake(text.place, absl::StrCat(field, ": '", text.value, "' names no variant; write EXPERIMENT/VARIANT"));
    return {};
  }
  const absl::string_view experiment_id = absl::string_view(text.value).substr(0, slash);
  const absl::string_view variant_id = absl::string_view(text.value).substr(slash + 1);
  const auto it = std::find_if(catalog.experiments.begin(), catalog.experiments.end(),
                               [experiment_id](const Experiment& e) { return e.id() == experiment_id; });
  if (it == catalog.experiments.end()) {
    std::vector<absl::string_view> ids;
    for (const Experiment& experiment : catalog.experiments) ids.push_back(experiment.id());
    read->Mistake(text.place, absl::StrCat(field, ": no experiment '", experiment_id, "' is in this catalog",
                                           Suggestion(experiment_id, ids, *read)));
    return {};
  }
  const Experiment& experiment = *it;
  const int variant = experiment.FindVariant(variant_id);
  if (variant == kNoVariant) {
    std::vector<absl::string_view> variants;
    for (const Variant& v : experiment.variants()) variants.push_back(v.id);
    read->Mistake(text.place, absl::StrCat(field, ": experiment '", experiment_id, "' has no variant '", variant_id,
                                           "'", Suggestion(variant_id, variants, *read)));
    return {};
  }
  if (experiment.variants()[variant].withheld) {
    read->Mistake(text.place, absl::StrCat(field, ": '", text.value,
                                           "' is withheld: those in it are shown nothing; name another variant"));
    return {};
  }
  return {static_cast<int>(it - catalog.experiments.begin()), variant};
}

void CompileExperimentsOfOffers(const CatalogDraft& draft, FieldReader* read, Catalog* catalog) {
  if (catalog->experiments.size() != draft.experiments.size()) return;  // too many, which was told
  const OfferNames names(catalog->offers);
  for (size_t i = 0; i < draft.experiments.size(); ++i) {
    FindOffersOf(draft.experiments[i], static_cast<uint16_t>(i), names, read, catalog);
  }
  SeenIds seen;
  for (const VariantScoreDraft& score : draft.score_variants) CompileVariantScore(score, &seen, read, catalog);
  for (size_t i = 0; i < catalog->offers.size(); ++i) {
    const Offer& offer = catalog->offers[i];
    for (size_t t = 0; t < offer.treatments.size(); ++t) {
      const int experiment = offer.treatments[t].experiment;
      const auto& own = offer.experiments;
      if (experiment < 0 || std::find(own.begin(), own.end(), experiment) != own.end()) continue;
      if (!draft.experiments[experiment].offers_are_whole) continue;
      read->Mistake(draft.offers[i].treatments[t].variant->place,
                    absl::StrCat("offers.treatments.variant: experiment '", catalog->experiments[experiment].id(),
                                 "' is not about offer '", offer.id, "'; add it to the experiment's offers"));
    }
  }
  CheckPairs(draft, *catalog, read);
}

}  // namespace nbo
