#include "core/rules/condition.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "core/rules/analysis.h"
#include "core/rules/ast.h"
#include "core/rules/compiler.h"
#include "core/rules/operators.h"
#include "core/rules/program.h"

namespace nbo::rules {
namespace {

// Writes a tree so that two which mean the same, name by name, are written the same.
class KeyWriter {
 public:
  KeyWriter(const Ast& ast, std::string* key) : ast_(ast), key_(*key) {}

  void Write(int node) {
    const Node& n = ast_.nodes[node];
    key_.push_back(static_cast<char>(n.kind));
    key_.push_back(static_cast<char>(n.meaning));
    if (n.kind == NodeKind::kLiteral) return WriteLiteral(n);
    key_.push_back(static_cast<char>(n.op));
    // A name is its slot or fact; what it was written as does not matter.
    switch (n.meaning) {
      case Meaning::kVariable:
      case Meaning::kHasVariable: return WriteNumber(n.slot);
      case Meaning::kFact:
      case Meaning::kHasFact:
        WriteNumber(static_cast<uint64_t>(n.family) << 32 | static_cast<uint32_t>(n.field));
        return WriteNumber(n.key);
      case Meaning::kLocal: return WriteNumber(OrdinalOf(n.slot));
      default: break;
    }
    WriteNumber(IsMacro(n.meaning) ? OrdinalOf(n.slot) : n.slot);
    WriteNumber(n.field);
    WriteText(n.text);
    WriteNumber(n.children.size());
    for (size_t i = 0; i < n.children.size(); ++i) {
      if (i != 1 || !IsMacro(n.meaning)) Write(n.children[i]);  // the second is what the element is called
    }
  }

 private:
  void WriteNumber(uint64_t number) {
    char bytes[sizeof(number)];
    std::memcpy(bytes, &number, sizeof(number));
    key_.append(bytes, sizeof(bytes));
  }

  void WriteText(const std::string& text) {
    WriteNumber(text.size());
    key_.append(text);
  }

  // What else the node holds is left from before it was computed.
  void WriteLiteral(const Node& n) {
    absl::StrAppend(&key_, TypeName(n.type), ";");
    if (n.type == Type::kString) return WriteText(n.text);
    if (n.type == Type::kDouble) {
      uint64_t bits = 0;
      std::memcpy(&bits, &n.double_value, sizeof(bits));
      return WriteNumber(bits);
    }
    WriteNumber(static_cast<uint64_t>(n.int_value));
    WriteNumber(n.nanos);
  }

  // Macros are numbered through the whole rule; here through what is written.
  size_t OrdinalOf(int macro) {
    const auto found = std::find(macros_.begin(), macros_.end(), macro);
    if (found != macros_.end()) return found - macros_.begin();
    macros_.push_back(macro);
    return macros_.size() - 1;
  }

  const Ast& ast_;
  std::string& key_;
  std::vector<int> macros_;
};

// Adds what the node names, each once.
void Collect(const Ast& ast, int node, Dependencies* out) {
  const Node& n = ast.nodes[node];
  switch (n.meaning) {
    case Meaning::kVariable:
    case Meaning::kHasVariable:
    case Meaning::kHasMapKey:
      if (std::find(out->slots.begin(), out->slots.end(), n.slot) == out->slots.end()) out->slots.push_back(n.slot);
      return;
    case Meaning::kFact:
    case Meaning::kHasFact: {
      const auto same = [&n](const FactName& fact) { return fact.family == n.family && fact.key == n.key; };
      if (std::none_of(out->facts.begin(), out->facts.end(), same)) out->facts.push_back({n.family, n.key});
      return;
    }
    default:
      for (const int child : n.children) Collect(ast, child, out);
  }
}

bool IsText(const Node& node) { return node.kind == NodeKind::kLiteral && node.type == Type::kString; }

// Where a node takes a text from the host, without the values it is tested for.
std::optional<TextTest> PlaceOf(const Ast& ast, const Node& node) {
  if (node.type != Type::kString) return std::nullopt;
  if (node.meaning == Meaning::kVariable) return TextTest{node.slot, TextTest::In::kText, "", {}};
  if (node.meaning != Meaning::kMapKey && node.kind != NodeKind::kIndex) return std::nullopt;
  const Node& map = ast.nodes[node.children[0]];
  if (map.meaning != Meaning::kVariable || !IsMap(map.type)) return std::nullopt;
  if (node.meaning == Meaning::kMapKey) return TextTest{map.slot, TextTest::In::kMap, node.text, {}};
  const Node& key = ast.nodes[node.children[1]];
  if (!IsText(key)) return std::nullopt;
  return TextTest{map.slot, TextTest::In::kMap, key.text, {}};
}

}  // namespace

struct Condition::Tree {
  Ast ast;
  std::vector<Input> inputs;  // of the whole rule
};

std::variant<Condition, std::vector<Mistake>> Condition::Compile(absl::string_view text, const Environment& environment,
                                                                 absl::Span<const Constant> constants) {
  auto analyzed = Analyze(text, environment, Type::kBool, constants);
  if (auto* mistakes = std::get_if<std::vector<Mistake>>(&analyzed)) return std::move(*mistakes);
  Analysis& analysis = std::get<Analysis>(analyzed);
  return Condition(std::make_shared<const Tree>(Tree{std::move(analysis.ast), std::move(analysis.inputs)}));
}

Condition::Condition(std::shared_ptr<const Tree> tree) : tree_(std::move(tree)) { root_ = AddPart(tree_->ast.root); }

int Condition::AddPart(int node) {
  const Node& n = tree_->ast.nodes[node];
  Part part;
  part.node = node;
  if (n.meaning == Meaning::kByKind) {
    if (n.kind == NodeKind::kAnd) part.kind = Kind::kAnd;
    if (n.kind == NodeKind::kOr) part.kind = Kind::kOr;
    if (n.kind == NodeKind::kUnary && n.op == TokenKind::kNot) part.kind = Kind::kNot;
  }
  if (part.kind != Kind::kAtom) {
    for (const int child : n.children) part.children.push_back(AddPart(child));
  }
  parts_.push_back(std::move(part));
  return static_cast<int>(parts_.size()) - 1;
}

absl::string_view Condition::TextOf(int part) const { return tree_->ast.SourceOf(tree_->ast.nodes[parts_[part].node]); }

std::string Condition::KeyOf(int atom) const {
  std::string key;
  KeyWriter(tree_->ast, &key).Write(parts_[atom].node);
  return key;
}

Dependencies Condition::DependenciesOf(int atom) const {
  Dependencies result;
  Collect(tree_->ast, parts_[atom].node, &result);
  return result;
}

Expression Condition::ExpressionOf(int atom) const { return ExpressionOfNode(parts_[atom].node); }

Expression Condition::LeftOf(int atom) const {
  return ExpressionOfNode(tree_->ast.nodes[parts_[atom].node].children[0]);
}

Expression Condition::ExpressionOfNode(int node) const {
  std::unique_ptr<Program> program = CompileNode(tree_->ast, node);
  program->text = std::string(tree_->ast.SourceOf(tree_->ast.nodes[node]));
  Dependencies named;
  Collect(tree_->ast, node, &named);
  for (const Input& input : tree_->inputs) {
    const bool is_fact = input.kind == Input::Kind::kFact;
    const bool belongs =
        is_fact ? std::any_of(named.facts.begin(), named.facts.end(),
                              [&](const FactName& f) { return f.family == input.family && f.key == input.key; })
                : std::find(named.slots.begin(), named.slots.end(), input.slot) != named.slots.end();
    if (belongs) program->inputs.push_back(input);
  }
  return Expression(std::shared_ptr<const Program>(std::move(program)));
}

std::optional<NumberTest> Condition::NumberTestOf(int atom) const {
  const Node& n = tree_->ast.nodes[parts_[atom].node];
  if (n.kind != NodeKind::kBinary || n.op < TokenKind::kEqual || n.op > TokenKind::kGreaterEqual) return std::nullopt;
  const Node& left = tree_->ast.nodes[n.children[0]];
  const Node& right = tree_->ast.nodes[n.children[1]];
  if (!IsNumber(left.type) || right.kind != NodeKind::kLiteral || !IsNumber(right.type)) return std::nullopt;
  NumberTest test;
  KeyWriter(tree_->ast, &test.left_key).Write(n.children[0]);
  test.orderings = OrderingsOf(n.op);
  test.constant = right.type == Type::kInt ? Value::Int(right.int_value) : Value::Double(right.double_value);
  return test;
}

std::optional<TextTest> Condition::TextTestOf(int atom) const {
  const std::vector<Node>& nodes = tree_->ast.nodes;
  const Node& n = nodes[parts_[atom].node];
  if (n.kind != NodeKind::kBinary || (n.op != TokenKind::kEqual && n.op != TokenKind::kIn)) return std::nullopt;
  const Node& left = nodes[n.children[0]];
  const Node& right = nodes[n.children[1]];
  if (n.op == TokenKind::kIn && IsText(left) && right.meaning == Meaning::kVariable) {
    if (right.type != Type::kStringList) return std::nullopt;
    return TextTest{right.slot, TextTest::In::kList, "", {left.text}};
  }
  const bool swapped = n.op == TokenKind::kEqual && IsText(left);
  std::optional<TextTest> test = PlaceOf(tree_->ast, swapped ? right : left);
  if (!test.has_value()) return std::nullopt;
  const Node& values = swapped ? left : right;
  if (values.kind == NodeKind::kList) {
    for (const int element : values.children) {
      if (!IsText(nodes[element])) return std::nullopt;
      test->values.push_back(nodes[element].text);
    }
  } else if (IsText(values)) {
    test->values.push_back(values.text);
  }
  if (test->values.empty()) return std::nullopt;
  return test;
}

std::optional<bool> Condition::ConstantOf(int atom) const {
  const Node& n = tree_->ast.nodes[parts_[atom].node];
  if (n.kind != NodeKind::kLiteral) return std::nullopt;
  return n.int_value != 0;
}

}  // namespace nbo::rules
