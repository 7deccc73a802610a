#include "server/catalog/yaml_draft.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/limits.h"
#include "core/rules/edit_distance.h"
#include "server/catalog/yaml_tree.h"

namespace nbo::server {
namespace {

// The tree, where mistakes go, and how much may still be read: aliases make a small file large, so the nodes that are
// read are counted. A file without aliases has fewer nodes than bytes.
struct Reading {
  const YamlTree& tree;
  std::vector<CatalogMistake>* mistakes;
  size_t nodes_left;

  bool Take() { return nodes_left > 0 && --nodes_left > 0; }
  const YamlNode& At(int node) const { return tree.nodes[node]; }
};

// The keys of one mapping: each read at most once, none unknown, none twice. Finish tells what is missing or unknown.
class Mapping {
 public:
  Mapping(std::string path, int node, Reading* reading)
      : path_(std::move(path)),
        place_(reading->At(node).place),
        reading_(*reading),
        is_map_(reading->At(node).IsMap()) {
    if (!is_map_) {
      Say(place_, absl::StrCat(Name(""), "a mapping (key: value) is expected here"));
      return;
    }
    for (int key = At(node).first_child; key >= 0; key = At(At(key).next).next) {
      if (!At(key).IsScalar()) {
        Say(At(key).place, absl::StrCat(Name(""), "a key must be a word"));
        continue;
      }
      if (!keys_.emplace(At(key).text, key).second) Say(At(key).place, absl::StrCat(Name(At(key).text), "given twice"));
    }
  }

  // Call after all keys were asked for. An unknown key that is nearly a missing one is told once, as a slip.
  void Finish() {
    if (!is_map_) return;
    for (const auto& [name, key] : keys_) {
      if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
      const absl::string_view meant = NearestAbsent(name);
      missing_.erase(std::remove(missing_.begin(), missing_.end(), meant), missing_.end());
      std::sort(known_.begin(), known_.end());
      Say(At(key).place, absl::StrCat(Name(name), "unknown key; known are ", absl::StrJoin(known_, ", "),
                                      meant.empty() ? "" : absl::StrCat("; did you mean '", meant, "'?")));
    }
    for (absl::string_view name : missing_) Say(place_, absl::StrCat(Name(name), "is required"));
  }

  // The keys asked for are literals: they outlive the mapping.
  std::optional<Text> Optional(absl::string_view key) {
    const int found = Find(key);
    return found < 0 ? std::nullopt : Scalar(key, found);
  }

  Text Required(absl::string_view key) {
    const int found = Find(key);
    if (found < 0) {
      missing_.push_back(key);
      return Text{"", place_, /*given=*/false};
    }
    return Scalar(key, found).value_or(Text{"", At(found).place, /*given=*/false});
  }

  // Calls `each` for the elements of a list; nothing if the key is absent. `limit` bounds the work on aliased lists.
  void List(absl::string_view key, size_t limit, const std::function<void(int)>& each) {
    const int node = Find(key);
    if (node < 0 || At(node).IsNull()) return;
    if (!At(node).IsList()) return Say(At(node).place, absl::StrCat(Name(key), "a list is expected here"));
    if (static_cast<size_t>(At(node).size) > limit) {
      return Say(At(node).place, absl::StrCat(Name(key), At(node).size, " entries; at most ", limit, " are allowed"));
    }
    for (int element = At(node).first_child; element >= 0; element = At(element).next) {
      if (!reading_.Take()) return;
      each(element);
    }
  }

  // The same for a list of mappings; what is no mapping is told and passed over.
  void Maps(absl::string_view key, size_t limit, const std::function<void(int)>& each) {
    List(key, limit, [&](int element) {
      if (At(element).IsMap()) return each(element);
      Say(At(element).place, absl::StrCat(Name(key), "a mapping (key: value) is expected here"));
    });
  }

  std::vector<Text> Texts(absl::string_view key, size_t limit) {
    std::vector<Text> texts;
    List(key, limit, [&](int element) {
      if (auto text = Scalar(key, element)) texts.push_back(*std::move(text));
    });
    return texts;
  }

  // The value's node; -1 if the key is absent.
  int Find(absl::string_view key) {
    known_.push_back(key);
    const auto it = keys_.find(key);
    return it == keys_.end() ? -1 : At(it->second).next;
  }

  std::string Child(absl::string_view key) const {
    return path_.empty() ? std::string(key) : absl::StrCat(path_, ".", key);
  }
  Place place() const { return place_; }
  bool is_map() const { return is_map_; }
  Reading* reading() const { return &reading_; }

 private:
  const YamlNode& At(int node) const { return reading_.At(node); }

  std::string Name(absl::string_view key) const {
    const std::string name = key.empty() ? path_ : Child(key);
    return name.empty() ? "" : absl::StrCat(name, ": ");
  }

  void Say(Place place, std::string message) { reading_.mistakes->push_back({place, 0, "", std::move(message)}); }

  // A known key that the mapping lacks and `name` nearly is; empty if there is none.
  absl::string_view NearestAbsent(absl::string_view name) const {
    const int limit = std::min(rules::EditLimit(name), 2);
    for (absl::string_view known : known_) {
      if (!keys_.contains(known) && rules::EditDistance(name, known, limit) <= limit) return known;
    }
    return "";
  }

  std::optional<Text> Scalar(absl::string_view key, int node) {
    const YamlNode& value = At(node);
    if (value.IsScalar() && !value.text.empty()) return Text{std::string(value.text), value.place};
    // An empty value lies behind its key; the key is the better place.
    const auto it = keys_.find(key);
    const Place place = value.IsNull() && it != keys_.end() ? At(it->second).place : value.place;
    Say(place,
        absl::StrCat(Name(key), value.IsScalar() || value.IsNull() ? "is empty; give it a value or remove the key"
                                                                   : "a single value is expected here"));
    return std::nullopt;
  }

  const std::string path_;
  const Place place_;
  Reading& reading_;
  const bool is_map_;
  absl::flat_hash_map<absl::string_view, int> keys_;  // to the node of the key
  std::vector<absl::string_view> known_, missing_;
};

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
  treatment.call_to_action = mapping.Optional("call_to_action");
  treatment.reason = mapping.Optional("reason");
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
  offer.weight = mapping.Optional("weight");
  offer.is_default = mapping.Optional("default");
  offer.products = mapping.Texts("products", kMaxProductsPerOffer);
  offer.categories = mapping.Texts("categories", kMaxCategoriesPerOffer);
  offer.eligibility = mapping.Optional("eligibility");
  offer.applicability = mapping.Optional("applicability");
  offer.placements = mapping.Texts("placements", kMaxPlacementsPerOffer);
  ReadCoupon(&mapping, &offer);
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

void ReadCatalog(int root, CatalogDraft* draft, Reading* reading) {
  Mapping mapping("", root, reading);
  if (!mapping.is_map()) return;
  draft->name = mapping.Required("catalog");
  draft->currency = mapping.Required("currency");
  draft->default_locale = mapping.Required("default_locale");
  draft->score = mapping.Required("score");
  draft->score_floor = mapping.Optional("score_floor");
  mapping.Maps("placements", kMaxPlacements, [&](int n) { draft->placements.push_back(ReadPlacement(n, reading)); });
  mapping.Maps("segments", kMaxSegments, [&](int n) { draft->segments.push_back(ReadSegment(n, reading)); });
  mapping.Maps("rfm_segments", kMaxRfmSegments,
               [&](int n) { draft->rfm_segments.push_back(ReadRfmSegment(n, reading)); });
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
