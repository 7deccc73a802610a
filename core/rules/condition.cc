#include "core/rules/condition.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "core/rules/ast.h"
#include "core/rules/checker.h"
#include "core/rules/compiler.h"
#include "core/rules/fold.h"
#include "core/rules/parser.h"
#include "core/rules/program.h"

namespace nbo::rules {
namespace {

void AppendNumber(uint64_t number, std::string* key) {
  char bytes[sizeof(number)];
  std::memcpy(bytes, &number, sizeof(number));
  key->append(bytes, sizeof(bytes));
}

// What else the node holds is left from before it was computed.
void AppendLiteral(const Node& n, std::string* key) {
  absl::StrAppend(key, TypeName(n.type), ";");
  if (n.type == Type::kString) {
    AppendNumber(n.text.size(), key);
    key->append(n.text);
  } else if (n.type == Type::kDouble) {
    uint64_t bits = 0;
    std::memcpy(&bits, &n.double_value, sizeof(bits));
    AppendNumber(bits, key);
  } else {
    AppendNumber(static_cast<uint64_t>(n.int_value), key);
  }
}

void AppendNode(const Ast& ast, int node, std::string* key) {
  const Node& n = ast.nodes[node];
  key->push_back(static_cast<char>(n.kind));
  key->push_back(static_cast<char>(n.meaning));
  if (n.kind == NodeKind::kLiteral) return AppendLiteral(n, key);
  key->push_back(static_cast<char>(n.op));
  // A name is its slot or fact; what it was written as does not matter.
  if (n.meaning == Meaning::kVariable || n.meaning == Meaning::kHasVariable) return AppendNumber(n.slot, key);
  if (n.meaning == Meaning::kFact || n.meaning == Meaning::kHasFact) {
    AppendNumber(static_cast<uint64_t>(n.family) << 32 | static_cast<uint32_t>(n.field), key);
    return AppendNumber(n.key, key);
  }
  AppendNumber(n.slot, key);
  AppendNumber(n.text.size(), key);
  key->append(n.text);
  AppendNumber(n.children.size(), key);
  for (const int child : n.children) AppendNode(ast, child, key);
}

// Adds what the node names, each once.
void Collect(const Ast& ast, int node, Dependencies* out) {
  const Node& n = ast.nodes[node];
  switch (n.meaning) {
    case Meaning::kVariable:
    case Meaning::kHasVariable:
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

}  // namespace

struct Condition::Tree {
  Ast ast;
  std::vector<Input> inputs;  // of the whole rule
};

std::variant<Condition, std::vector<Mistake>> Condition::Compile(absl::string_view text, const Environment& environment,
                                                                 absl::Span<const Constant> constants) {
  std::variant<Ast, Mistake> parsed = Parse(text);
  if (Mistake* mistake = std::get_if<Mistake>(&parsed)) return std::vector<Mistake>{std::move(*mistake)};
  Ast& ast = std::get<Ast>(parsed);
  CheckResult checked = Check(environment, Type::kBool, &ast);
  if (!checked.mistakes.empty()) return std::move(checked.mistakes);
  Bind(constants, &ast);
  std::vector<Mistake> mistakes = Fold(FoldScope::kEverything, &ast);
  if (!mistakes.empty()) return mistakes;
  return Condition(std::make_shared<const Tree>(Tree{std::move(ast), std::move(checked.inputs)}));
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
  AppendNode(tree_->ast, parts_[atom].node, &key);
  return key;
}

Dependencies Condition::DependenciesOf(int atom) const {
  Dependencies result;
  Collect(tree_->ast, parts_[atom].node, &result);
  return result;
}

Expression Condition::ExpressionOf(int atom) const {
  std::unique_ptr<Program> program = CompileNode(tree_->ast, parts_[atom].node);
  program->text = std::string(TextOf(atom));
  const Dependencies named = DependenciesOf(atom);
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

std::optional<TextTest> Condition::TextTestOf(int atom) const {
  const Node& n = tree_->ast.nodes[parts_[atom].node];
  if (n.kind != NodeKind::kBinary) return std::nullopt;
  const Node& left = tree_->ast.nodes[n.children[0]];
  const Node& right = tree_->ast.nodes[n.children[1]];
  if (n.op == TokenKind::kEqual) {
    if (left.meaning == Meaning::kVariable && IsText(right)) return TextTest{left.slot, false, {right.text}};
    if (right.meaning == Meaning::kVariable && IsText(left)) return TextTest{right.slot, false, {left.text}};
    return std::nullopt;
  }
  if (n.op != TokenKind::kIn) return std::nullopt;
  if (IsText(left) && right.meaning == Meaning::kVariable && right.type == Type::kStringList) {
    return TextTest{right.slot, true, {left.text}};
  }
  if (left.meaning != Meaning::kVariable || right.kind != NodeKind::kList || right.children.empty()) {
    return std::nullopt;
  }
  TextTest test{left.slot, false, {}};
  for (const int element : right.children) {
    if (!IsText(tree_->ast.nodes[element])) return std::nullopt;
    test.values.push_back(tree_->ast.nodes[element].text);
  }
  return test;
}

std::optional<bool> Condition::ConstantOf(int atom) const {
  const Node& n = tree_->ast.nodes[parts_[atom].node];
  if (n.kind != NodeKind::kLiteral) return std::nullopt;
  return n.int_value != 0;
}

}  // namespace nbo::rules
