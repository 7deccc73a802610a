#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/text.h"
#include "core/rules/lexer.h"
#include "core/rules/parser.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/targets.h"

namespace nbo::fuzz {
namespace {

using rules::Ast;
using rules::Mistake;
using rules::Node;
using rules::NodeKind;
using rules::Token;
using rules::TokenKind;

void CheckMistake(absl::string_view text, const Mistake& mistake) {
  const auto context = [&] { return absl::StrCat(text, "\n", mistake.offset, ": ", mistake.message); };
  Require(mistake.offset >= 0 && mistake.offset <= static_cast<int>(text.size()), "a mistake lies in the text",
          context);
  Require(!mistake.message.empty(), "a mistake is told", context);
  Require(IsUtf8(mistake.message), "messages are text", context);
}

void CheckTokens(absl::string_view text) {
  const auto lexed = rules::Lex(text);
  if (const auto* mistake = std::get_if<Mistake>(&lexed)) return CheckMistake(text, *mistake);
  const auto& tokens = std::get<std::vector<Token>>(lexed);
  const auto context = [&] { return std::string(text); };
  Require(!tokens.empty() && tokens.back().kind == TokenKind::kEnd, "the last token is the end", context);
  Require(tokens.size() <= text.size() + 1, "tokens are at most as many as bytes", context);
  int at = 0;
  for (const Token& token : tokens) {
    Require(token.begin >= at && token.end >= token.begin && token.end <= static_cast<int>(text.size()),
            "tokens follow each other", context);
    Require(token.kind == TokenKind::kEnd || token.end > token.begin, "only the end is empty", context);
    Require(IsUtf8(token.string_value), "texts are UTF-8", context);
    Require(!rules::TokenText(token.kind).empty(), "every token has a name", context);
    at = token.end;
  }
}

// Every node but the root is the child of exactly one, so that walking the tree ends.
void CheckTree(absl::string_view text, const Ast& ast) {
  const auto context = [&] { return std::string(text); };
  const int size = static_cast<int>(ast.nodes.size());
  Require(ast.root >= 0 && ast.root < size, "there is a root", context);
  std::vector<int> parents(size, 0);
  for (const Node& node : ast.nodes) {
    Require(node.begin >= 0 && node.begin <= node.end && node.end <= static_cast<int>(text.size()),
            "a node lies in the text", context);
    Require(node.outer_begin <= node.begin && node.outer_end >= node.end, "parentheses lie outside", context);
    Require(node.height >= 1 && node.height <= rules::kMaxExpressionDepth, "height is bounded", context);
    Require(node.kind == NodeKind::kLiteral || node.kind == NodeKind::kIdentifier || node.kind == NodeKind::kCall ||
                node.kind == NodeKind::kList || node.kind == NodeKind::kMap || !node.children.empty(),
            "operators have operands", context);
    for (const int child : node.children) {
      Require(child >= 0 && child < size && ast.nodes[child].height < node.height, "children lie below", context);
      ++parents[child];
    }
  }
  for (int i = 0; i < size; ++i) Require(parents[i] == (i == ast.root ? 0 : 1), "the tree is one", context);
}

}  // namespace

void FuzzParser(absl::string_view text) {
  CheckTokens(text);
  const auto parsed = rules::Parse(text);
  if (const auto* mistake = std::get_if<Mistake>(&parsed)) return CheckMistake(text, *mistake);
  CheckTree(text, std::get<Ast>(parsed));
}

}  // namespace nbo::fuzz
