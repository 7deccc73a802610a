// Reads the mappings of a YAML tree key by key, for the readers of a catalog's sections.
#ifndef NBO_SERVER_CATALOG_YAML_MAPPING_H_
#define NBO_SERVER_CATALOG_YAML_MAPPING_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "core/catalog/compile.h"
#include "core/catalog/draft.h"
#include "server/catalog/yaml_tree.h"

namespace nbo::server {

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
// The keys asked for are literals: they outlive the mapping.
class Mapping {
 public:
  // `path` is what mistakes call the mapping ("offers.window"; "" for the whole file). A node that is no mapping is
  // told here and read as an empty one. The reading must outlive the mapping.
  Mapping(std::string path, int node, Reading* reading);

  // Call after all keys were asked for. An unknown key that is nearly a missing one is told once, as a slip.
  void Finish();

  // A scalar. One that is empty or of another shape is told and counts as absent.
  std::optional<Text> Optional(absl::string_view key);
  // The same; what is absent is told and comes as not given.
  Text Required(absl::string_view key);

  // Calls `each` for the elements of a list; nothing if the key is absent. `limit` bounds the work on aliased lists.
  void List(absl::string_view key, size_t limit, const std::function<void(int)>& each);
  // The same for a list of mappings; what is no mapping is told and passed over.
  void Maps(absl::string_view key, size_t limit, const std::function<void(int)>& each);
  // The same for a list of scalars.
  std::vector<Text> Texts(absl::string_view key, size_t limit);

  // Calls `each` for the keys and scalars of a mapping whose keys are the author's; a value that is none is told and
  // comes as not given.
  void Entries(absl::string_view key, size_t limit, const std::function<void(Text key, Text value)>& each);

  // The value's node; -1 if the key is absent.
  int Find(absl::string_view key);

  std::string Child(absl::string_view key) const;
  Place place() const { return place_; }
  bool is_map() const { return is_map_; }
  Reading* reading() const { return &reading_; }

 private:
  const YamlNode& At(int node) const { return reading_.At(node); }
  std::string Name(absl::string_view key) const;
  void Say(Place place, std::string message);
  // A known key that the mapping lacks and `name` nearly is; empty if there is none.
  absl::string_view NearestAbsent(absl::string_view name) const;
  std::optional<Text> Scalar(absl::string_view key, int node);

  const std::string path_;
  const Place place_;
  Reading& reading_;
  const bool is_map_;
  absl::flat_hash_map<absl::string_view, int> keys_;  // to the node of the key
  std::vector<absl::string_view> known_, missing_;
};

}  // namespace nbo::server

#endif  // NBO_SERVER_CATALOG_YAML_MAPPING_H_
