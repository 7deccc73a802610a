// The syntax tree of a rule.
#ifndef NBO_CORE_RULES_AST_H_
#define NBO_CORE_RULES_AST_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/rules/lexer.h"
#include "core/rules/value.h"

namespace re2 {
class RE2;
}  // namespace re2

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
  kMap,          // children: key, value, key, value, ...
};

// What the checker found a node to be; the compiler goes by this.
enum class Meaning : uint8_t {
  kByKind,  // the kind says it all
  kVariable,
  kFact,
  kLocal,   // the variable of the macro whose slot is the same
  kMapKey,  // children[0] is a map, text the key
  kField,   // children[0] is an object, `field` the position in its class
  kHasVariable,
  kHasFact,
  kHasMapKey,  // slot is the map variable; children[0] is the argument, whose text is the key
  kHasKey,     // children[0] is the argument, a kMapKey of any other map
  kHasField,   // children[0] is the argument, a kField
  kSize,
  kToBool,
  kToInt,
  kToDouble,
  kToString,
  kToTimestamp,
  kToDuration,
  kTimePart,  // `field` is the TimePart; children: timestamp or duration, perhaps the zone
  kStartsWith,
  kEndsWith,
  kContains,
  kMatches,  // children[1] is the pattern, which Fold compiles into `pattern`
  // Macros. children: list or map, the name of one element or key, perhaps a condition (map), body. `slot` numbers
  // the macros of a rule; it is also the slot of every kLocal that names the element.
  kAll,
  kExists,
  kExistsOne,
  kFilter,
  kTransform,  // map
};

// Whether the node itself stands for something that only the host knows. What is below it are parts of the name.
inline bool NamesHost(Meaning meaning) {
  return meaning == Meaning::kVariable || meaning == Meaning::kFact || meaning == Meaning::kHasVariable ||
         meaning == Meaning::kHasFact || meaning == Meaning::kHasMapKey;
}
inline bool IsMacro(Meaning meaning) { return meaning >= Meaning::kAll; }

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

  // kLiteral; the type is null, bool, int, double, string, timestamp or duration; a string is in `text`.
  int64_t int_value = 0;  // also bool; of times the seconds
  double double_value = 0;
  uint32_t nanos = 0;

  // Set by the checker.
  Type type = Type::kError;
  Meaning meaning = Meaning::kByKind;
  int slot = 0;
  int family = 0;
  int field = 0;
  uint64_t key = 0;

  std::shared_ptr<const re2::RE2> pattern;  // kMatches, after Fold
};

// Nodes lie in one vector and name each other by position, so that neither building nor destroying recurses.
struct Ast {
  std::string source;
  std::vector<Node> nodes;
  int root = -1;

  absl::string_view SourceOf(const Node& node) const {
    return absl::string_view(source).substr(node.begin, node.end - node.begin);
  }
};

}  // namespace nbo::rules

#endif  // NBO_CORE_RULES_AST_H_
