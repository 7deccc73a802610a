// A YAML text as a tree of nodes with their places. libyaml scans; nothing is resolved: every scalar is a text.
#ifndef NBO_SERVER_CATALOG_YAML_TREE_H_
#define NBO_SERVER_CATALOG_YAML_TREE_H_

#include <deque>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/catalog/draft.h"

namespace nbo::server {

struct YamlNode {
  enum class Kind : unsigned char { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;  // kNull: nothing, ~ or null, written plainly
  Place place;              // columns in bytes; of an anchored node: behind the anchor
  absl::string_view text;   // kScalar
  // Positions in YamlTree::nodes: children follow each other by `next`; of a map, key and value alternate. An alias is
  // its own node with the children of what it stands for. -1: none.
  int first_child = -1;
  int next = -1;
  int size = 0;  // elements, or pairs

  bool IsScalar() const { return kind == Kind::kScalar; }
  bool IsNull() const { return kind == Kind::kNull; }
  bool IsList() const { return kind == Kind::kList; }
  bool IsMap() const { return kind == Kind::kMap; }
};

// What went wrong, with its place.
struct YamlProblem {
  Place place;
  std::string message;
};

// Nodes point into `texts`, so a tree moves but is not copied.
struct YamlTree {
  YamlTree() = default;
  YamlTree(YamlTree&&) = default;
  YamlTree& operator=(YamlTree&&) = default;

  std::vector<YamlNode> nodes;
  std::deque<std::string> texts;
  int root = -1;  // -1: the text holds nothing
};

// Reads the first document of `yaml`, which must be UTF-8, into *tree. False with a *problem if it is no YAML, is
// nested deeper than 32, has a tag that is none of YAML's own, or goes on with a second document; *tree is then of no
// use.
bool ParseYaml(absl::string_view yaml, YamlTree* tree, YamlProblem* problem);

}  // namespace nbo::server

#endif  // NBO_SERVER_CATALOG_YAML_TREE_H_
