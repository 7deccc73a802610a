#include "core/rules/parser.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace nbo::rules {
namespace {

constexpr int kFailed = -1;

bool IsRelation(TokenKind kind) { return kind >= TokenKind::kEqual && kind <= TokenKind::kIn; }
bool IsSum(TokenKind kind) { return kind == TokenKind::kPlus || kind == TokenKind::kMinus; }
bool IsProduct(TokenKind kind) { return kind >= TokenKind::kTimes && kind <= TokenKind::kModulo; }

// Recursive descent. Every function returns the position of the node it made, or kFailed after noting the mistake.
class Parser {
 public:
  Parser(absl::string_view text, std::vector<Token> tokens) : tokens_(std::move(tokens)) {
    ast_.source = std::string(text);
  }

  std::variant<Ast, Mistake> Run() {
    if (Peek().kind == TokenKind::kEnd) return Mistake{0, "the rule is empty; write true for a rule that always holds"};
    ast_.root = ParseExpression();
    if (ast_.root != kFailed && Peek().kind != TokenKind::kEnd) FailBehindExpression();
    if (failed_) return mistake_;
    return std::move(ast_);
  }

 private:
  const Token& Peek() const { return tokens_[next_]; }
  const Token& Take() { return tokens_[next_ + 1 < tokens_.size() ? next_++ : next_]; }
  bool TakeIf(TokenKind kind) {
    if (Peek().kind != kind) return false;
    Take();
    return true;
  }

  int Fail(int offset, std::string message) {
    if (!failed_) mistake_ = {offset, std::move(message)};
    failed_ = true;
    return kFailed;
  }

  std::string Found(const Token& token) const {
    constexpr int kLongest = 60;  // bytes of the author's text that a message repeats
    if (token.kind == TokenKind::kEnd || token.end - token.begin > kLongest) {
      return std::string(TokenText(token.kind));
    }
    return absl::StrCat("'", absl::string_view(ast_.source).substr(token.begin, token.end - token.begin), "'");
  }

  int FailBehindExpression() {
    const Token& token = Peek();
    const absl::string_view word = token.string_value;
    std::string remedy = "expected an operator such as '&&' or '==' before it";
    if (token.kind == TokenKind::kRightParen) remedy = "there is no '(' that it closes";
    if (token.kind == TokenKind::kRightBracket) remedy = "there is no '[' that it closes";
    if (token.kind == TokenKind::kRightBrace) remedy = "there is no '{' that it closes";
    if (token.kind == TokenKind::kIdentifier) {
      if (absl::EqualsIgnoreCase(word, "and")) remedy = "write '&&' for and";
      if (absl::EqualsIgnoreCase(word, "or")) remedy = "write '||' for or";
      if (absl::EqualsIgnoreCase(word, "not")) remedy = "write '!' for not, and '!(x in list)' for not in";
      if (absl::EqualsIgnoreCase(word, "is")) remedy = "write '==' to compare";
      if (absl::EqualsIgnoreCase(word, "in")) remedy = "write 'in' in small letters";
    }
    return Fail(token.begin, absl::StrCat("unexpected ", Found(token), "; ", remedy));
  }

  int FailTooDeep(int offset) {
    return Fail(offset, absl::StrCat("the rule is nested too deeply; at most ", kMaxExpressionDepth,
                                     " levels are allowed: split it or leave out parentheses"));
  }

  bool Expect(TokenKind kind, absl::string_view purpose) {
    if (TakeIf(kind)) return true;
    Fail(Peek().begin, absl::StrCat("expected '", TokenText(kind), "' ", purpose, ", found ", Found(Peek())));
    return false;
  }

  // Appends the node; fails if the tree has become too high.
  int Add(Node node) {
    for (const int child : node.children) node.height = std::max(node.height, ast_.nodes[child].height + 1);
    if (node.height > kMaxExpressionDepth) return FailTooDeep(node.offset);
    node.outer_begin = node.begin;
    node.outer_end = node.end;
    ast_.nodes.push_back(std::move(node));
    return static_cast<int>(ast_.nodes.size()) - 1;
  }

  int AddOperation(NodeKind kind, const Token& op, std::vector<int> children) {
    Node node;
    node.kind = kind;
    node.op = op.kind;
    node.offset = op.begin;
    node.begin = std::min(op.begin, ast_.nodes[children.front()].outer_begin);
    node.end = ast_.nodes[children.back()].outer_end;
    node.children = std::move(children);
    return Add(std::move(node));
  }

  // Expr = Or ["?" Or ":" Expr]
  int ParseExpression() {
    if (++nesting_ > kMaxExpressionDepth) return FailTooDeep(Peek().begin);
    const int condition = ParseJunction(TokenKind::kOr);
    int result = condition;
    if (condition != kFailed && Peek().kind == TokenKind::kQuestion) {
      const Token op = Take();
      const int then = ParseJunction(TokenKind::kOr);
      if (then == kFailed || !Expect(TokenKind::kColon, "between the two outcomes of '?'")) return kFailed;
      const int otherwise = ParseExpression();
      if (otherwise == kFailed) return kFailed;
      result = AddOperation(NodeKind::kConditional, op, {condition, then, otherwise});
    }
    --nesting_;
    return result;
  }

  // Or = And {"||" And}; And = Relation {"&&" Relation}
  int ParseJunction(TokenKind kind) {
    const auto parse_operand = [&] {
      return kind == TokenKind::kOr ? ParseJunction(TokenKind::kAnd) : ParseRelation();
    };
    const int first = parse_operand();
    if (first == kFailed || Peek().kind != kind) return first;
    std::vector<int> operands = {first};
    const Token op = Peek();
    while (TakeIf(kind)) {
      const int operand = parse_operand();
      if (operand == kFailed) return kFailed;
      operands.push_back(operand);
    }
    return AddOperation(kind == TokenKind::kOr ? NodeKind::kOr : NodeKind::kAnd, op, std::move(operands));
  }

  int ParseRelation() {
    return ParseLeftToRight(&IsRelation, [this] {
      return ParseLeftToRight(&IsSum, [this] { return ParseLeftToRight(&IsProduct, [this] { return ParseUnary(); }); });
    });
  }

  template <typename ParseOperand>
  int ParseLeftToRight(bool (*is_operator)(TokenKind), ParseOperand parse_operand) {
    int left = parse_operand();
    while (left != kFailed && is_operator(Peek().kind)) {
      const Token op = Take();
      const int right = parse_operand();
      if (right == kFailed) return kFailed;
      left = AddOperation(NodeKind::kBinary, op, {left, right});
    }
    return left;
  }

  // Unary = {"!" | "-"} Member. A loop, so that a row of signs needs no stack.
  int ParseUnary() {
    std::vector<Token> signs;
    while (Peek().kind == TokenKind::kNot || Peek().kind == TokenKind::kMinus) signs.push_back(Take());
    if (static_cast<int>(signs.size()) >= kMaxExpressionDepth) return FailTooDeep(signs.front().begin);
    const bool negative = !signs.empty() && signs.back().kind == TokenKind::kMinus;
    int operand;
    if (negative && (Peek().kind == TokenKind::kInt || Peek().kind == TokenKind::kDouble)) {
      operand = ParseSuffixes(AddNumber(&signs.back(), Take()));
      signs.pop_back();
    } else {
      operand = ParseSuffixes(ParsePrimary());
    }
    while (operand != kFailed && !signs.empty()) {
      operand = AddOperation(NodeKind::kUnary, signs.back(), {operand});
      signs.pop_back();
    }
    return operand;
  }

  int AddNumber(const Token* minus, const Token& token) {
    Node node;
    node.begin = node.offset = minus != nullptr ? minus->begin : token.begin;
    node.end = token.end;
    if (token.kind == TokenKind::kDouble) {
      node.type = Type::kDouble;
      node.double_value = minus != nullptr ? -token.double_value : token.double_value;
      return Add(std::move(node));
    }
    node.type = Type::kInt;
    if (minus == nullptr && token.int_magnitude > uint64_t{std::numeric_limits<int64_t>::max()}) {
      return Fail(token.begin, "this whole number is too large; the largest is 9223372036854775807");
    }
    node.int_value = static_cast<int64_t>(minus != nullptr ? uint64_t{0} - token.int_magnitude : token.int_magnitude);
    return Add(std::move(node));
  }

  // Member = Primary {"." name ["(" arguments ")"] | "[" Expr "]"}
  int ParseSuffixes(int operand) {
    while (operand != kFailed) {
      Node node;
      node.begin = ast_.nodes[operand].outer_begin;
      if (TakeIf(TokenKind::kDot)) {
        const Token& name = Peek();
        if (name.kind != TokenKind::kIdentifier) {
          return Fail(name.begin, absl::StrCat("expected a name after '.', found ", Found(name)));
        }
        node.offset = name.begin;
        node.text = Take().string_value;
        node.children = {operand};
        node.kind = NodeKind::kSelect;
        if (Peek().kind == TokenKind::kLeftParen && !ParseArguments(/*has_target=*/true, &node)) return kFailed;
      } else if (Peek().kind == TokenKind::kLeftBracket) {
        node.offset = Take().begin;
        const int index = ParseExpression();
        if (index == kFailed || !Expect(TokenKind::kRightBracket, "after the index")) return kFailed;
        node.kind = NodeKind::kIndex;
        node.children = {operand, index};
      } else if (Peek().kind == TokenKind::kLeftBrace && IsName(operand)) {
        return Fail(node.begin,
                    "messages such as Name{field: value} are not supported; write a map such as "
                    "{\"key\": value}");
      } else {
        return operand;
      }
      node.end = tokens_[next_ - 1].end;
      operand = Add(std::move(node));
    }
    return operand;
  }

  bool IsName(int node) const {
    return ast_.nodes[node].kind == NodeKind::kIdentifier || ast_.nodes[node].kind == NodeKind::kSelect;
  }

  // Makes *node a call; the next token is '('.
  bool ParseArguments(bool has_target, Node* node) {
    Take();
    node->kind = NodeKind::kCall;
    node->has_target = has_target;
    if (TakeIf(TokenKind::kRightParen)) return true;
    do {
      const int argument = ParseExpression();
      if (argument == kFailed) return false;
      node->children.push_back(argument);
    } while (TakeIf(TokenKind::kComma));
    return Expect(TokenKind::kRightParen, absl::StrCat("after the arguments of ", node->text));
  }

  int ParsePrimary() {
    const Token token = Peek();
    Node node;
    node.begin = node.offset = token.begin;
    node.end = token.end;
    switch (token.kind) {
      case TokenKind::kTrue:
      case TokenKind::kFalse:
        Take();
        node.type = Type::kBool;
        node.int_value = token.kind == TokenKind::kTrue;
        return Add(std::move(node));
      case TokenKind::kString:
        Take();
        node.type = Type::kString;
        node.text = token.string_value;
        return Add(std::move(node));
      case TokenKind::kInt:
      case TokenKind::kDouble: return AddNumber(nullptr, Take());
      case TokenKind::kIdentifier: return ParseName(std::move(node));
      case TokenKind::kLeftBracket: return ParseElements(NodeKind::kList, std::move(node));
      case TokenKind::kLeftBrace: return ParseElements(NodeKind::kMap, std::move(node));
      case TokenKind::kLeftParen: {
        Take();
        const int inner = ParseExpression();
        if (inner == kFailed || !Expect(TokenKind::kRightParen, "to close the '('")) return kFailed;
        ast_.nodes[inner].outer_begin = token.begin;
        ast_.nodes[inner].outer_end = tokens_[next_ - 1].end;
        return inner;
      }
      default: return Fail(token.begin, absl::StrCat("expected a value or a name, found ", Found(token)));
    }
  }

  int ParseName(Node node) {
    const Token& token = Take();
    node.text = token.string_value;
    if (Peek().kind == TokenKind::kLeftParen) {
      if (!ParseArguments(/*has_target=*/false, &node)) return kFailed;
      node.end = tokens_[next_ - 1].end;
      return Add(std::move(node));
    }
    if (node.text == "null") {
      node.type = Type::kNull;
      return Add(std::move(node));
    }
    if (absl::EqualsIgnoreCase(node.text, "not") && Peek().kind != TokenKind::kDot) {
      return Fail(node.begin, "write '!' for not, for example !(x == 1)");
    }
    static constexpr std::array<absl::string_view, 16> kReserved = {
        "as",  "break", "const",   "continue",  "else",   "for",  "function", "if",
        "let", "loop",  "package", "namespace", "return", "void", "var",      "while"};
    if (std::find(kReserved.begin(), kReserved.end(), node.text) != kReserved.end()) {
      return Fail(node.begin, absl::StrCat("'", node.text, "' is a reserved word; a choice is written as ",
                                           "condition ? value : other value"));
    }
    node.kind = NodeKind::kIdentifier;
    return Add(std::move(node));
  }

  // List = "[" [Expr {"," Expr}] "]"; Map = "{" [Expr ":" Expr {"," Expr ":" Expr}] "}"; a comma may end both.
  int ParseElements(NodeKind kind, Node node) {
    Take();
    node.kind = kind;
    const bool is_map = kind == NodeKind::kMap;
    const TokenKind closing = is_map ? TokenKind::kRightBrace : TokenKind::kRightBracket;
    for (int size = 1; Peek().kind != closing; ++size) {
      const int offset = Peek().begin;
      const int element = ParseExpression();
      if (element == kFailed) return kFailed;
      node.children.push_back(element);
      if (is_map && !ParseEntryValue(&node)) return kFailed;
      if (size > kMaxListElements) {
        return Fail(offset, absl::StrCat(is_map ? "the map has too many entries" : "the list is too long", "; at most ",
                                         kMaxListElements, is_map ? "" : " elements", " are allowed"));
      }
      if (!TakeIf(TokenKind::kComma)) break;
    }
    if (!Expect(closing, is_map ? "or ',' after a map entry" : "or ',' after a list element")) return kFailed;
    node.end = tokens_[next_ - 1].end;
    return Add(std::move(node));
  }

  bool ParseEntryValue(Node* map) {
    if (!Expect(TokenKind::kColon, "between a key and its value")) return false;
    const int value = ParseExpression();
    map->children.push_back(value);
    return value != kFailed;
  }

  std::vector<Token> tokens_;
  size_t next_ = 0;
  int nesting_ = 0;
  Ast ast_;
  bool failed_ = false;
  Mistake mistake_;
};

}  // namespace

std::variant<Ast, Mistake> Parse(absl::string_view text) {
  if (text.size() > kMaxExpressionBytes) {
    return Mistake{kMaxExpressionBytes, absl::StrCat("the rule is too long: ", text.size(), " bytes; at most ",
                                                     kMaxExpressionBytes, " are allowed: split it")};
  }
  std::variant<std::vector<Token>, Mistake> tokens = Lex(text);
  if (Mistake* mistake = std::get_if<Mistake>(&tokens)) return std::move(*mistake);
  return Parser(text, std::move(std::get<std::vector<Token>>(tokens))).Run();
}

}  // namespace nbo::rules
