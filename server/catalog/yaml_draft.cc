#include "server/catalog/yaml_draft.h"

#include <yaml-cpp/yaml.h>

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/limits.h"

namespace nbo::server {
namespace {

// Where mistakes go, and how much may still be read: aliases make a small file large, so the nodes that are read are
// counted. A file without aliases has fewer nodes than bytes.
struct Mistakes {
  std::vector<CatalogMistake>* list;
  size_t nodes_left;

  bool Take() { return nodes_left > 0 && --nodes_left > 0; }
  void push_back(CatalogMistake mistake) { list->push_back(std::move(mistake)); }
};

Place PlaceOf(const YAML::Node& node) {
  const YAML::Mark mark = node.Mark();
  return mark.is_null() ? Place{} : Place{mark.line + 1, mark.column + 1};
}

// The keys of one mapping: each read at most once, none unknown, none twice.
class Mapping {
 public:
  Mapping(std::string path, const YAML::Node& node, Mistakes* mistakes)
      : path_(std::move(path)), place_(PlaceOf(node)), mistakes_(mistakes) {
    if (!node.IsMap()) {
      Say(place_, absl::StrCat(Name(""), "a mapping (key: value) is expected here"));
      return;
    }
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) {
        Say(PlaceOf(entry.first), absl::StrCat(Name(""), "a key must be a word"));
        continue;
      }
      const std::string key = entry.first.Scalar();
      if (!nodes_.emplace(key, entry).second) Say(PlaceOf(entry.first), absl::StrCat(Name(key), "given twice"));
    }
  }

  // Call after all keys were asked for.
  void RefuseUnknownKeys() {
    for (const auto& [key, entry] : nodes_) {
      if (known_.count(key) == 0) {
        Say(PlaceOf(entry.first), absl::StrCat(Name(key), "unknown key; known are ", absl::StrJoin(known_, ", ")));
      }
    }
  }

  std::optional<Text> Optional(const std::string& key) {
    std::optional<YAML::Node> node = Find(key);
    if (!node) return std::nullopt;
    return Scalar(key, *node);
  }

  Text Required(const std::string& key) {
    std::optional<YAML::Node> node = Find(key);
    if (!node) {
      Say(place_, absl::StrCat(Name(key), "is required"));
      return Text{"", place_};
    }
    return Scalar(key, *node).value_or(Text{"", PlaceOf(*node)});
  }

  // Calls `each` for the elements of a list; nothing if the key is absent. `limit` bounds the work on aliased lists.
  void List(const std::string& key, size_t limit, const std::function<void(const YAML::Node&)>& each) {
    std::optional<YAML::Node> node = Find(key);
    if (!node || node->IsNull()) return;
    if (!node->IsSequence()) return Say(PlaceOf(*node), absl::StrCat(Name(key), "a list is expected here"));
    if (node->size() > limit) {
      return Say(PlaceOf(*node), absl::StrCat(Name(key), node->size(), " entries; at most ", limit, " are allowed"));
    }
    for (const YAML::Node& element : *node) {
      if (!mistakes_->Take()) return;
      each(element);
    }
  }

  std::vector<Text> Texts(const std::string& key, size_t limit) {
    std::vector<Text> texts;
    List(key, limit, [&](const YAML::Node& element) {
      if (auto text = Scalar(key, element)) texts.push_back(*std::move(text));
    });
    return texts;
  }

  std::optional<YAML::Node> Find(const std::string& key) {
    known_.insert(key);
    auto it = nodes_.find(key);
    if (it == nodes_.end()) return std::nullopt;
    return it->second.second;
  }

  std::string Child(const std::string& key) const { return path_.empty() ? key : absl::StrCat(path_, ".", key); }
  Place place() const { return place_; }
  Mistakes* mistakes() const { return mistakes_; }

 private:
  using Entry = YAML::detail::iterator_value;

  std::string Name(const std::string& key) const {
    const std::string name = key.empty() ? path_ : Child(key);
    return name.empty() ? "" : absl::StrCat(name, ": ");
  }

  void Say(Place place, std::string message) { mistakes_->push_back({place, 0, "", std::move(message)}); }

  std::optional<Text> Scalar(const std::string& key, const YAML::Node& node) {
    if (node.IsScalar() && !node.Scalar().empty()) return Text{node.Scalar(), PlaceOf(node)};
    // An empty value lies, for yaml-cpp, where the next thing begins; its key is the better place.
    const Place place = PlaceOf(node.IsNull() ? nodes_.at(key).first : node);
    Say(place, absl::StrCat(Name(key), node.IsScalar() || node.IsNull() ? "is empty; give it a value or remove the key"
                                                                        : "a single value is expected here"));
    return std::nullopt;
  }

  const std::string path_;
  const Place place_;
  Mistakes* mistakes_;
  std::map<std::string, Entry> nodes_;
  std::set<std::string> known_;
};

SegmentDraft ReadSegment(const YAML::Node& node, Mistakes* mistakes) {
  Mapping mapping("segments", node, mistakes);
  SegmentDraft segment{mapping.place(), mapping.Required("id"), mapping.Required("name"), mapping.Required("rule")};
  mapping.RefuseUnknownKeys();
  return segment;
}

RfmSegmentDraft ReadRfmSegment(const YAML::Node& node, Mistakes* mistakes) {
  Mapping mapping("rfm_segments", node, mistakes);
  RfmSegmentDraft segment;
  segment.place = mapping.place();
  segment.id = mapping.Required("id");
  segment.name = mapping.Required("name");
  segment.recency = mapping.Optional("recency");
  segment.frequency = mapping.Optional("frequency");
  segment.monetary = mapping.Optional("monetary");
  mapping.RefuseUnknownKeys();
  return segment;
}

TreatmentDraft ReadTreatment(const YAML::Node& node, Mistakes* mistakes) {
  Mapping mapping("offers.treatments", node, mistakes);
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
  mapping.RefuseUnknownKeys();
  return treatment;
}

void ReadWindow(Mapping* offer, OfferDraft* draft) {
  auto node = offer->Find("window");
  if (!node) return;
  Mapping mapping(offer->Child("window"), *node, offer->mistakes());
  draft->window = WindowDraft{mapping.Optional("from"), mapping.Optional("to")};
  mapping.RefuseUnknownKeys();
}

void ReadCoupon(Mapping* offer, OfferDraft* draft) {
  auto node = offer->Find("coupon");
  if (!node) return;
  Mapping mapping(offer->Child("coupon"), *node, offer->mistakes());
  draft->coupon = CouponDraft{mapping.Required("code"), mapping.Optional("barcode")};
  mapping.RefuseUnknownKeys();
}

OfferDraft ReadOffer(const YAML::Node& node, Mistakes* mistakes) {
  Mapping mapping("offers", node, mistakes);
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
  mapping.List("treatments", kMaxTreatmentsPerOffer,
               [&](const YAML::Node& n) { offer.treatments.push_back(ReadTreatment(n, mistakes)); });
  mapping.RefuseUnknownKeys();
  return offer;
}

void ReadCatalog(const YAML::Node& root, CatalogDraft* draft, Mistakes* mistakes) {
  Mapping mapping("", root, mistakes);
  if (!root.IsMap()) return;
  draft->name = mapping.Required("catalog");
  draft->currency = mapping.Required("currency");
  draft->default_locale = mapping.Required("default_locale");
  draft->score = mapping.Required("score");
  draft->score_floor = mapping.Optional("score_floor");
  mapping.List("segments", kMaxSegments,
               [&](const YAML::Node& n) { draft->segments.push_back(ReadSegment(n, mistakes)); });
  mapping.List("rfm_segments", kMaxRfmSegments,
               [&](const YAML::Node& n) { draft->rfm_segments.push_back(ReadRfmSegment(n, mistakes)); });
  mapping.List("offers", kMaxOffers, [&](const YAML::Node& n) { draft->offers.push_back(ReadOffer(n, mistakes)); });
  mapping.RefuseUnknownKeys();
}

}  // namespace

void DraftFromYaml(const std::string& yaml, CatalogDraft* draft, std::vector<CatalogMistake>* mistakes) {
  // yaml-cpp reports by exception; none leaves this function.
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(yaml);
    if (documents.size() > 1) {
      mistakes->push_back({PlaceOf(documents[1]), 0, "", "a second document begins here; remove the '---' before it"});
      return;
    }
    Mistakes counted{mistakes, yaml.size() + 1};
    ReadCatalog(documents.empty() ? YAML::Node() : documents[0], draft, &counted);
    if (counted.nodes_left == 0) {
      mistakes->push_back({{}, 0, "", "its aliases (*name) make it too large; write out what they stand for"});
    }
  } catch (const YAML::Exception& e) {
    mistakes->clear();
    const Place place = e.mark.is_null() ? Place{} : Place{e.mark.line + 1, e.mark.column + 1};
    mistakes->push_back({place, 0, "", absl::StrCat("not YAML: ", e.msg)});
  }
}

}  // namespace nbo::server
