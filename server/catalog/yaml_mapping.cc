#include "server/catalog/yaml_mapping.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/rules/edit_distance.h"

namespace nbo::server {

Mapping::Mapping(std::string path, int node, Reading* reading)
    : path_(std::move(path)), place_(reading->At(node).place), reading_(*reading), is_map_(reading->At(node).IsMap()) {
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

void Mapping::Finish() {
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

std::optional<Text> Mapping::Optional(absl::string_view key) {
  const int found = Find(key);
  return found < 0 ? std::nullopt : Scalar(key, found);
}

Text Mapping::Required(absl::string_view key) {
  const int found = Find(key);
  if (found < 0) {
    missing_.push_back(key);
    return Text{"", place_, /*given=*/false};
  }
  return Scalar(key, found).value_or(Text{"", At(found).place, /*given=*/false});
}

void Mapping::List(absl::string_view key, size_t limit, const std::function<void(int)>& each) {
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

void Mapping::Maps(absl::string_view key, size_t limit, const std::function<void(int)>& each) {
  List(key, limit, [&](int element) {
    if (At(element).IsMap()) return each(element);
    Say(At(element).place, absl::StrCat(Name(key), "a mapping (key: value) is expected here"));
  });
}

std::vector<Text> Mapping::Texts(absl::string_view key, size_t limit) {
  std::vector<Text> texts;
  List(key, limit, [&](int element) {
    if (auto text = Scalar(key, element)) texts.push_back(*std::move(text));
  });
  return texts;
}

void Mapping::Entries(absl::string_view key, size_t limit, const std::function<void(Text, Text)>& each) {
  const int node = Find(key);
  if (node < 0 || At(node).IsNull()) return;
  if (static_cast<size_t>(At(node).size) > limit) {
    return Say(At(node).place, absl::StrCat(Name(key), At(node).size, " entries; at most ", limit, " are allowed"));
  }
  Mapping entries(Child(key), node, &reading_);
  for (int at = entries.is_map_ ? At(node).first_child : -1; at >= 0; at = At(At(at).next).next) {
    if (!reading_.Take()) return;
    const auto first = entries.keys_.find(At(at).text);
    if (first == entries.keys_.end() || first->second != at) continue;  // no word, or given twice: told
    const int value = At(at).next;
    each(Text{std::string(At(at).text), At(at).place},
         entries.Scalar(At(at).text, value).value_or(Text{"", At(value).place, /*given=*/false}));
  }
}

int Mapping::Find(absl::string_view key) {
  known_.push_back(key);
  const auto it = keys_.find(key);
  return it == keys_.end() ? -1 : At(it->second).next;
}

std::string Mapping::Child(absl::string_view key) const {
  return path_.empty() ? std::string(key) : absl::StrCat(path_, ".", key);
}

std::string Mapping::Name(absl::string_view key) const {
  const std::string name = key.empty() ? path_ : Child(key);
  return name.empty() ? "" : absl::StrCat(name, ": ");
}

void Mapping::Say(Place place, std::string message) {
  reading_.mistakes->push_back({place, 0, "", std::move(message)});
}

absl::string_view Mapping::NearestAbsent(absl::string_view name) const {
  const int limit = std::min(rules::EditLimit(name), 2);
  for (absl::string_view known : known_) {
    if (!keys_.contains(known) && rules::EditDistance(name, known, limit) <= limit) return known;
  }
  return "";
}

std::optional<Text> Mapping::Scalar(absl::string_view key, int node) {
  const YamlNode& value = At(node);
  if (value.IsScalar() && !value.text.empty()) return Text{std::string(value.text), value.place};
  // An empty value lies behind its key; the key is the better place.
  const auto it = keys_.find(key);
  const Place place = value.IsNull() && it != keys_.end() ? At(it->second).place : value.place;
  Say(place, absl::StrCat(Name(key), value.IsScalar() || value.IsNull() ? "is empty; give it a value or remove the key"
                                                                        : "a single value is expected here"));
  return std::nullopt;
}

}  // namespace nbo::server
