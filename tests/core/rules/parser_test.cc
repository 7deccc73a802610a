#include "core/rules/parser.h"

#include <random>

#include "tests/core/rules/rule_fixture.h"

namespace nbo::rules {
namespace {

class ParserTest : public RuleTest {};

std::string Repeat(absl::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out.append(text.data(), text.size());
  return out;
}

TEST_F(ParserTest, TellsWhatToWriteInsteadOfForeignOperators) {
  EXPECT_EQ(Mistakes("customer.frequency_30d = 3"), "23: '=' is not an operator; write '==' to compare");
  EXPECT_EQ(Mistakes("1 === 1"), "2: '===' is not an operator; write '==' to compare");
  EXPECT_EQ(Mistakes("true & false"), "5: '&' is not an operator; write '&&' for and");
  EXPECT_EQ(Mistakes("true | false"), "5: '|' is not an operator; write '||' for or");
  EXPECT_EQ(Mistakes("1 <> 2"), "2: '<>' is not an operator; write '!=' for unequal");
  EXPECT_EQ(Mistakes("1 => 2"), "2: '=>' is not an operator; write '>=' for at least");
  EXPECT_EQ(Mistakes("1 =< 2"), "2: '=<' is not an operator; write '<=' for at most");
  EXPECT_EQ(Mistakes("1 ≥ 2"), "2: write '>=' for at least");
  EXPECT_EQ(Mistakes("true AND false"), "5: unexpected 'AND'; write '&&' for and");
  EXPECT_EQ(Mistakes("true or false"), "5: unexpected 'or'; write '||' for or");
  EXPECT_EQ(Mistakes("not true"), "0: write '!' for not, for example !(x == 1)");
  EXPECT_EQ(Mistakes("1 not in [1]"), "2: unexpected 'not'; write '!' for not, and '!(x in list)' for not in");
  EXPECT_EQ(Mistakes("request.channel == “POS”"), "19: this is a curly quote; write a straight quote \"");
}

TEST_F(ParserTest, LocatesBrokenStructure) {
  EXPECT_EQ(Mistakes(""), "0: the rule is empty; write true for a rule that always holds");
  EXPECT_EQ(Mistakes("  // nothing"), "0: the rule is empty; write true for a rule that always holds");
  EXPECT_EQ(Mistakes("(1 < 2"), "6: expected ')' to close the '(', found the end of the rule");
  EXPECT_EQ(Mistakes("1 < 2)"), "5: unexpected ')'; there is no '(' that it closes");
  EXPECT_EQ(Mistakes("1 <"), "3: expected a value or a name, found the end of the rule");
  EXPECT_EQ(Mistakes("1 in [1; 2]"),
            "7: unexpected character ';'; names consist of a-z, 0-9, '_' and '.', texts stand in quotes");
  EXPECT_EQ(Mistakes("1 in [1 2]"), "8: expected ']' or ',' after a list element, found '2'");
  EXPECT_EQ(Mistakes("true ? 1"), "8: expected ':' between the two outcomes of '?', found the end of the rule");
  EXPECT_EQ(Mistakes("customer. > 1"), "10: expected a name after '.', found '>'");
  EXPECT_EQ(Mistakes("'abc"), "0: this text never ends; write ' at its end");
  EXPECT_EQ(Mistakes("'a\nb'"), "0: this text never ends; write ' at its end");
  EXPECT_EQ(Mistakes("'a\\d'"), "2: this backslash begins no known escape; write '\\\\' for a backslash itself");
  EXPECT_EQ(Mistakes("'\\ud800'"), "1: this backslash begins no known escape; write '\\\\' for a backslash itself");
  EXPECT_EQ(Mistakes("30d > 1"),
            "0: '30d' is neither a number nor a name; write a number such as 30, or a name that begins with a letter");
  EXPECT_EQ(Mistakes("if > 1"), "0: 'if' is a reserved word; a choice is written as condition ? value : other value");
}

TEST_F(ParserTest, TextMustBeUtf8) {
  EXPECT_EQ(Mistakes("customer.name == '\xC3\xA9'"), "");
  for (const std::string bad : {"\xFF", "\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80"}) {
    EXPECT_EQ(Mistakes("customer.name == '" + bad + "'"), "18: this byte is not valid UTF-8; save the text as UTF-8");
  }
}

TEST_F(ParserTest, NumbersHaveLimits) {
  const std::string too_large = ": this whole number is too large; the largest is 9223372036854775807";
  EXPECT_EQ(Mistakes("9223372036854775808", Type::kInt), "0" + too_large);
  EXPECT_EQ(Mistakes("-9223372036854775809", Type::kInt), "1" + too_large);
  EXPECT_EQ(Mistakes("0xFFFFFFFFFFFFFFFFF", Type::kInt), "0" + too_large);
  EXPECT_EQ(Mistakes("1e999", Type::kDouble), "0: this number is too large for a double; the largest is about 1.8e308");
}

TEST_F(ParserTest, TextsHaveALimit) {
  EXPECT_EQ(Mistakes("true" + Repeat(" ", kMaxExpressionBytes - 4)), "");
  EXPECT_EQ(Mistakes("true" + Repeat(" ", kMaxExpressionBytes - 3)),
            "4096: the rule is too long: 4097 bytes; at most 4096 are allowed: split it");
}

TEST_F(ParserTest, ListsHaveALimit) {
  EXPECT_EQ(Mistakes("1 in [" + Repeat("1,", kMaxListElements) + "]"), "");
  EXPECT_EQ(Mistakes("1 in [" + Repeat("1,", kMaxListElements) + "1]"),
            "2006: the list is too long; at most 1000 elements are allowed");
}

TEST_F(ParserTest, NestingHasALimitInEveryForm) {
  const std::string too_deep =
      "the rule is nested too deeply; at most 64 levels are allowed: split it or leave out parentheses";
  const auto expect_too_deep = [&](const std::string& text) {
    const std::string mistakes = Mistakes(text);
    EXPECT_NE(mistakes.find(too_deep), std::string::npos) << text << "\n" << mistakes;
  };
  for (const int levels : {100, 1000, 2000}) {
    expect_too_deep(Repeat("(", levels));
    expect_too_deep(Repeat("(", levels) + "true" + Repeat(")", levels));
    expect_too_deep(Repeat("[", levels));
    expect_too_deep(Repeat("!", levels) + "true");
    expect_too_deep(Repeat("-", levels) + "1");
    expect_too_deep("1" + Repeat("+1", levels) + " > 1");
    expect_too_deep("a" + Repeat("[0]", std::min(levels, 1300)) + " > 1");
    expect_too_deep("a" + Repeat(".b", levels) + " > 1");
    expect_too_deep(Repeat("size(", std::min(levels, 800)));
    expect_too_deep("true" + Repeat("?true:true", std::min(levels, 400)));
  }
  EXPECT_EQ(Result(Repeat("(", 63) + "true" + Repeat(")", 63)), "true");
  EXPECT_EQ(Result(Repeat("!", 62) + "customer.is_member"), "true");
  EXPECT_EQ(Result("1" + Repeat("+1", 62), Type::kInt), "63");
  EXPECT_EQ(Result(Repeat("1+(", 31) + "customer.recency_days" + Repeat(")", 31), Type::kInt), "43");
}

TEST_F(ParserTest, LongJunctionsAreNotNesting) {
  EXPECT_EQ(Result("false" + Repeat(" || !customer.is_member", 150) + " || customer.is_member"), "true");
  EXPECT_EQ(Result("true" + Repeat(" && customer.is_member", 150)), "true");
}

TEST_F(ParserTest, SurvivesAnyText) {
  static constexpr absl::string_view kPieces[] = {"customer.recency_days",
                                                  "customer.name",
                                                  "request.attributes",
                                                  "category",
                                                  "has",
                                                  "size",
                                                  "(",
                                                  ")",
                                                  "[",
                                                  "]",
                                                  ".",
                                                  ",",
                                                  "?",
                                                  ":",
                                                  "+",
                                                  "-",
                                                  "*",
                                                  "/",
                                                  "%",
                                                  "!",
                                                  "<",
                                                  ">",
                                                  "==",
                                                  "!=",
                                                  "&&",
                                                  "||",
                                                  " in ",
                                                  "'a'",
                                                  "1",
                                                  "2.5",
                                                  "true",
                                                  "k",
                                                  " ",
                                                  "\\",
                                                  "'",
                                                  "\"",
                                                  "\xC3",
                                                  "\xFF",
                                                  "0x",
                                                  "1e",
                                                  "=",
                                                  absl::string_view("\0", 1)};
  std::mt19937 random(20261122);
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    const int pieces = static_cast<int>(random() % 12);
    for (int i = 0; i < pieces; ++i) {
      const absl::string_view piece = kPieces[random() % std::size(kPieces)];
      text.append(piece.data(), piece.size());
    }
    const auto compiled = Expression::Compile(text, environment_, Type::kBool);
    if (const auto* expression = std::get_if<Expression>(&compiled)) {
      const Value value = expression->Evaluate(activation_);
      EXPECT_TRUE(value.type() == Type::kBool || value.is_error()) << text;
      continue;
    }
    const auto& mistakes = std::get<std::vector<Mistake>>(compiled);
    ASSERT_FALSE(mistakes.empty()) << text;
    for (const Mistake& mistake : mistakes) {
      EXPECT_GE(mistake.offset, 0) << text;
      EXPECT_LE(mistake.offset, static_cast<int>(text.size())) << text;
      EXPECT_FALSE(mistake.message.empty()) << text;
    }
  }
}

}  // namespace
}  // namespace nbo::rules
