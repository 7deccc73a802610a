#include "server/catalog/yaml_draft.h"

#include <string>
#include <utility>

#include "core/base/limits.h"
#include "server/catalog/yaml_contact.h"
#include "server/catalog/yaml_experiments.h"
#include "server/catalog/yaml_mapping.h"
#include "server/catalog/yaml_tree.h"

namespace nbo::server {
namespace {

SegmentDraft ReadSegment(int node, Reading* reading) {
  Mapping mapping("segments", node, reading);
  SegmentDraft segment{mapping.place(), mapping.Required("id"), mapping.Required("name"), mapping.Required("rule")};
  mapping.Finish();
  return segment;
}

RfmSegmentDraft ReadRfmSegment(int node, Reading* reading) {
  Mapping mapping("rfm_segments", node, reading);
  RfmSegmentDraft segment;
  segment.place = mapping.place();
  segment.id = mapping.Required("id");
  segment.name = mapping.Required("name");
  segment.recency = mapping.Optional("recency");
  segment.frequency = mapping.Optional("frequency");
  segment.monetary = mapping.Optional("monetary");
  mapping.Finish();
  return segment;
}

TreatmentDraft ReadTreatment(int node, Reading* reading) {
  Mapping mapping("offers.treatments", node, reading);
  TreatmentDraft treatment;
  treatment.place = mapping.place();
  treatment.channel = mapping.Required("channel");
  treatment.locale = mapping.Required("locale");
  treatment.script = mapping.Optional("script");
  treatment.title = mapping.Optional("title");
  treatment.body = mapping.Optional("body");
  treatment.image = mapping.Optional("image");
  treatment.price = mapping.Optional("price");
  treatment.call_to_action = mapping.Optional("call_to_action");
  treatment.reason = mapping.Optional("reason");
  treatment.variant = mapping.Optional("variant");
  mapping.Finish();
  return treatment;
}

void ReadWindow(Mapping* offer, OfferDraft* draft) {
  const int node = offer->Find("window");
  if (node < 0) return;
  Mapping mapping(offer->Child("window"), node, offer->reading());
  draft->window = WindowDraft{mapping.Optional("from"), mapping.Optional("to")};
  mapping.Finish();
}

void ReadCoupon(Mapping* offer, OfferDraft* draft) {
  const int node = offer->Find("coupon");
  if (node < 0) return;
  Mapping mapping(offer->Child("coupon"), node, offer->reading());
  draft->coupon = CouponDraft{mapping.Required("code"), mapping.Optional("barcode")};
  mapping.Finish();
}

void ReadBudget(Mapping* offer, OfferDraft* draft) {
  const int node = offer->Find("budget");
  if (node < 0) return;
  Mapping mapping(offer->Child("budget"), node, offer->reading());
  const size_t mistakes = offer->reading()->mistakes->size();
  BudgetDraft budget{mapping.place(), mapping.Optional("count"), mapping.Optional("amount"),
                     mapping.Optional("per_customer")};
  mapping.Finish();
  // One of which nothing could be read is told already.
  const bool whole = mapping.is_map() && offer->reading()->mistakes->size() == mistakes;
  if (whole || budget.count || budget.amount || budget.per_customer) draft->budget = std::move(budget);
}

void ReadSupplier(Mapping* offer, OfferDraft* draft) {
  const int node = offer->Find("supplier");
  if (node < 0) return;
  Mapping mapping(offer->Child("supplier"), node, offer->reading());
  draft->supplier = SupplierDraft{mapping.Required("name"), mapping.Required("share")};
  mapping.Finish();
}

OfferDraft ReadOffer(int node, Reading* reading) {
  Mapping mapping("offers", node, reading);
  OfferDraft offer;
  offer.place = mapping.place();
  offer.id = mapping.Required("id");
  offer.name = mapping.Required("name");
  offer.kind = mapping.Required("kind");
  offer.group = mapping.Optional("group");
  ReadWindow(&mapping, &offer);
  offer.value = mapping.Required("value");
  offer.cost = mapping.Required("cost");
  offer.propensity = mapping.Required("propensity");
  offer.evidence = mapping.Optional("evidence");
  ReadBudget(&mapping, &offer);
  ReadSupplier(&mapping, &offer);
  offer.campaign = mapping.Optional("campaign");
  offer.attribution_days = mapping.Optional("attribution_days");
  offer.weight = mapping.Optional("weight");
  offer.is_default = mapping.Optional("default");
  offer.products = mapping.Texts("products", kMaxProductsPerOffer);
  offer.categories = mapping.Texts("categories", kMaxCategoriesPerOffer);
  offer.eligibility = mapping.Optional("eligibility");
  offer.applicability = mapping.Optional("applicability");
  offer.placements = mapping.Texts("placements", kMaxPlacementsPerOffer);
  ReadCoupon(&mapping, &offer);
  ReadOfferContact(&mapping, &offer);
  const size_t mistakes = reading->mistakes->size();
  mapping.Maps("treatments", kMaxTreatmentsPerOffer,
               [&](int n) { offer.treatments.push_back(ReadTreatment(n, reading)); });
  offer.treatments_are_whole = reading->mistakes->size() == mistakes;
  mapping.Finish();
  return offer;
}

PlacementDraft ReadPlacement(int node, Reading* reading) {
  Mapping mapping("placements", node, reading);
  PlacementDraft placement;
  placement.id = mapping.Required("id");
  placement.title_chars = mapping.Optional("title_chars");
  placement.body_chars = mapping.Optional("body_chars");
  placement.call_to_action_chars = mapping.Optional("call_to_action_chars");
  mapping.Finish();
  return placement;
}

ContextWeightDraft ReadContextWeight(int node, Reading* reading) {
  Mapping mapping("context_weights", node, reading);
  ContextWeightDraft context{mapping.place(), mapping.Required("when"), mapping.Required("weight")};
  mapping.Finish();
  return context;
}

void ReadArbitration(Mapping* catalog, CatalogDraft* draft) {
  const int node = catalog->Find("arbitration");
  if (node < 0) return;
  Mapping mapping(catalog->Child("arbitration"), node, catalog->reading());
  const size_t mistakes = catalog->reading()->mistakes->size();
  ArbitrationDraft arbitration{mapping.place(), mapping.Optional("per_category")};
  mapping.Finish();
  // One of which nothing could be read is told already.
  const bool whole = mapping.is_map() && catalog->reading()->mistakes->size() == mistakes;
  if (whole || arbitration.per_category) draft->arbitration = std::move(arbitration);
}

void ReadCatalog(int root, CatalogDraft* draft, Reading* reading) {
  Mapping mapping("", root, reading);
  if (!mapping.is_map()) return;
  draft->name = mapping.Required("catalog");
  draft->currency = mapping.Required("currency");
  draft->default_locale = mapping.Required("default_locale");
  if (auto score = mapping.Optional("score")) draft->score = *std::move(score);
  draft->score_floor = mapping.Optional("score_floor");
  draft->attribution_days = mapping.Optional("attribution_days");
  mapping.Maps("context_weights", kMaxContextWeights,
               [&](int n) { draft->context_weights.push_back(ReadContextWeight(n, reading)); });
  ReadArbitration(&mapping, draft);
  ReadContactPolicy(&mapping, draft);
  mapping.Maps("placements", kMaxPlacements, [&](int n) { draft->placements.push_back(ReadPlacement(n, reading)); });
  mapping.Maps("segments", kMaxSegments, [&](int n) { draft->segments.push_back(ReadSegment(n, reading)); });
  mapping.Maps("rfm_segments", kMaxRfmSegments,
               [&](int n) { draft->rfm_segments.push_back(ReadRfmSegment(n, reading)); });
  ReadExperiments(&mapping, draft);
  mapping.Maps("offers", kMaxOffers, [&](int n) { draft->offers.push_back(ReadOffer(n, reading)); });
  mapping.Finish();
}

}  // namespace

bool DraftFromYaml(const std::string& yaml, CatalogDraft* draft, std::vector<CatalogMistake>* mistakes) {
  YamlTree tree;
  YamlProblem problem;
  if (!ParseYaml(yaml, &tree, &problem)) {
    mistakes->push_back({problem.place, 0, "", std::move(problem.message)});
    return false;
  }
  if (tree.root < 0 || !tree.nodes[tree.root].IsMap()) {
    const Place place = tree.root < 0 ? Place{} : tree.nodes[tree.root].place;
    mistakes->push_back({place, 0, "", "a mapping (key: value) is expected here; begin with 'catalog: NAME'"});
    return false;
  }
  Reading reading{tree, mistakes, yaml.size() + 1};
  ReadCatalog(tree.root, draft, &reading);
  if (reading.nodes_left > 0) return true;
  mistakes->push_back({{}, 0, "", "its aliases (*name) make it too large; write out what they stand for"});
  return false;
}

}  // namespace nbo::server
