// The syntax tree of a rule.
#ifndef NBO_CORE_RULES_AST_H_
#define NBO_CORE_RULES_AST_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/rules/lexer.h"
#include "core/rules/value.h"

namespace nbo::rules {

enum class NodeKind : uint8_t {
  kLiteral,
  kIdentifier,  // text: the name
  kSelect,      // children: operand; text: the field
  kIndex,       // children: operand, index
  kCall,        // text: the function; children: the target if has_target, then the arguments
  kUnary,       // op, children: operand
  kBinary,      // op, children: left, right
  kAnd,         // children: two or more; a && b && c is one node
  kOr,
  kConditional,  // children: condition, then, otherwise
  kList,         // children: elements
};

// What the checker found a node to be; the compiler goes by this.
enum class Meaning : uint8_t {
  kByKind,  // the kind says it all
  kVariable,
  kFact,
  kMapKey,  // children[0] is a map, text the key
  kHasVariable,
  kHasFact,
  kHasMapKey,  // slot is the map variable, text the key
  kSize,
  kToInt,
  kToDouble,
  kStartsWith,
  kEndsWith,
  kContains,
  kMatches,  // children[1] is a valid pattern
};

struct Node {
  NodeKind kind = NodeKind::kLiteral;
  TokenKind op = TokenKind::kEnd;
  bool has_target = false;
  int begin = 0;  // bytes of the text: [begin, end), without enclosing parentheses
  int end = 0;
  int outer_begin = 0;  // the same with them
  int outer_end = 0;
  int offset = 0;  // of the token to blame: the operator, the name, the bracket
  int height = 1;  // of the tree below, this node included; at most kMaxExpressionDepth
  std::string text;
  std::vector<int> children;  // positions in Ast::nodes

  // kLiteral; the type is one of bool, int, double and string, a string is in `text`.
  int64_t int_value = 0;  // also bool
  double double_value = 0;

  // Set by the checker.
  Type type = Type::kError;
  Meaning meaning = Meaning::kByKind;
  int slot = 0;
  int family = 0;
  int field = 0;
  uint64_t key = 0;
};

// Nodes lie in one vector and name each other by position, so that neither building nor destroying recurses.
struct Ast {
  std::string source;
  std::vector<Node> nodes;
  int root = -1;

  absl::string_view SourceOf(const Node& node) const {
    return absl::string_view(source).substr(node.begin, node.end - node.begin);
  }
  // A list literal without elements fits any list type.
  bool IsEmptyList(int node) const { return nodes[node].kind == NodeKind::kList && nodes[node].children.empty(); }
};

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_AST_H_
