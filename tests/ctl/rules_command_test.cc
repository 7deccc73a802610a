// nboctl rules, which evaluates by itself.
#include "server/ctl/rules_command.h"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/ctl/rules_vars.h"
#include "tests/ctl/cli_fixture.h"

namespace nbo::ctl {
namespace {

using testing::HasSubstr;

class RulesCommandTest : public CliTest {
 protected:
  int Eval(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"rules", "eval"});
    return Run(std::move(arguments));
  }
  // Writes a file of the test.
  std::string File(const std::string& name, const std::string& text) {
    const std::string path = testing::TempDir() + name;
    std::ofstream(path) << text;
    return path;
  }
  static std::string Line(const std::string& line) {
    bool readable = false;
    return AnswerLine(line, &readable);
  }
};

TEST_F(RulesCommandTest, PrintsTheTypedValue) {
  EXPECT_EQ(Eval({"1 + 2"}), 0);
  EXPECT_EQ(out_.str(), "int 3\n");
  EXPECT_EQ(Eval({"[\"a\", \"b\"]"}), 0);
  EXPECT_EQ(out_.str(), "list(string) [\"a\", \"b\"]\n");
  EXPECT_EQ(Eval({"0.5 * 3.0", "--format", "json"}), 0);
  EXPECT_EQ(out_.str(), "{\"value\": {\"double_value\": \"1.5\"}, \"type\": \"double\"}\n");
}

TEST_F(RulesCommandTest, AMistakeIsShownAtItsPlaceAndIsExitCode2) {
  EXPECT_EQ(Eval({"1 +\n customer.recencydays"}), 2);
  EXPECT_EQ(out_.str(), "");
  EXPECT_EQ(err_.str(),
            "2:2: unknown name 'customer.recencydays'; did you mean 'customer.recency_days'?\n"
            "   customer.recencydays\n"
            "   ^\n");
  EXPECT_EQ(Eval({"\"\u00fc\u00fc\" + 1", "--format", "json"}), 2);
  EXPECT_THAT(out_.str(), HasSubstr("\"kind\": \"mistake\", \"offset\": 7, \"line\": 1, \"column\": 6"));
}

TEST_F(RulesCommandTest, AFailedEvaluationIsExitCode1AndSaysWhatWasNamed) {
  EXPECT_EQ(Eval({"100 / basket.size", "--set", "basket.size=0"}), 1);
  EXPECT_EQ(err_.str(), "cannot be said: division by zero (basket.size = 0)\n");
  EXPECT_EQ(Eval({"customer.recency_days > 45"}), 1) << "nobody said what it is";
}

TEST_F(RulesCommandTest, TakesValuesOfWordsFactsAndNewNames) {
  EXPECT_EQ(Eval({"customer.recency_days > 45 && request.store == \"391\"", "--set", "customer.recency_days=50",
                  "--set", "request.store=391"}),
            0);
  EXPECT_EQ(out_.str(), "bool true\n");
  EXPECT_EQ(Eval({"category(\"MILK\").visits + extra", "--set", "category(\"MILK\").visits=2", "--set", "extra=40"}),
            0);
  EXPECT_EQ(out_.str(), "int 42\n");
  EXPECT_EQ(Eval({"\"vip\" in customer.segments", "--set", "customer.segments=[\"vip\"]"}), 0);
  EXPECT_EQ(out_.str(), "bool true\n");
  EXPECT_EQ(Eval({"basket.total", "--set", "basket.total=3"}), 0);
  EXPECT_EQ(out_.str(), "double 3.0\n");
}

TEST_F(RulesCommandTest, RefusesValuesThatAreNone) {
  EXPECT_EQ(Eval({"1", "--set", "customer.recency_days"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("--set: 'customer.recency_days' is not of the form NAME=VALUE"));
  EXPECT_EQ(Eval({"1", "--set", "customer.recency_days=soon"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("--set: customer.recency_days: 'soon': unknown name 'soon'"));
  EXPECT_EQ(Eval({"1", "--set", "category(MILK).visits=1"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("is no fact"));
  EXPECT_EQ(Eval({"1", "--vars", "/no/such/file"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("--vars: cannot read /no/such/file"));
  EXPECT_EQ(Eval({}), 2);
  EXPECT_EQ(Eval({"1", "--jsonl", "-"}), 2);
}

TEST_F(RulesCommandTest, ReadsVariablesFromAFile) {
  const std::string listed = File("listed.json", R"({
      "type_env": [{"name": "x", "ident": {"type": {"list_type": {"elem_type": {"primitive": "INT64"}}}}}],
      "bindings": [{"key": "x", "value": {"value": {"list_value": {"values": [{"int64_value": "7"}]}}}},
                   {"key": "customer.known", "value": {"value": {"bool_value": "true"}}}]})");
  EXPECT_EQ(Eval({"customer.known && x[0] == 7", "--vars", listed}), 0) << err_.str();
  EXPECT_EQ(out_.str(), "bool true\n");
  const std::string named = File("named.json", R"({"bindings": {"customer.recency_days": {"int64_value": "12"}}})");
  EXPECT_EQ(Eval({"customer.recency_days", "--vars", named}), 0) << err_.str();
  EXPECT_EQ(out_.str(), "int 12\n");
  const std::string wrong = File("wrong.json", R"({"bindings": {"customer.recency_days": {"string_value": "12"}}})");
  EXPECT_EQ(Eval({"1", "--vars", wrong}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("bindings: customer.recency_days: is int, not string"));
}

TEST_F(RulesCommandTest, AnswersLineByLine) {
  const std::string a = R"({"key": {"string_value": "a"}, "value": {"bool_value": "true"}})";
  const std::string b = R"({"key": {"string_value": "b"}, "value": {"bool_value": "false"}})";
  const std::string duration =
      "{\"object_value\": {\"[type.googleapis.com/google.protobuf.Duration]\": "
      "{\"seconds\": \"-1\", \"nanos\": \"-500000000\"}}}";
  EXPECT_EQ(Line(R"({"expr": "x", "bindings": [{"key": "x", "value": {"value": {"int64_value": "123"}}}]})"),
            R"({"value": {"int64_value": "123"}, "type": "int"})");
  EXPECT_EQ(Line(absl::StrCat(R"({"expr": "m", "bindings": {"m": {"map_value": {"entries": [)", b, ", ", a, "]}}}}")),
            absl::StrCat(R"({"value": {"map_value": {"entries": [)", a, ", ", b,
                         R"json(]}}, "type": "map(string, bool)"})json"));
  EXPECT_EQ(Line(absl::StrCat(R"({"expr": "t", "bindings": {"t": )", duration, "}}")),
            absl::StrCat(R"({"value": )", duration, R"(, "type": "duration"})"));
  EXPECT_EQ(Line(R"({"expr": "1 / x", "bindings": {"x": {"int64_value": 0}}})"),
            R"({"error": {"kind": "evaluation", "message": "division by zero"}})");
  EXPECT_THAT(Line(R"({"expr": "1 +"})"),
              HasSubstr(R"({"error": {"kind": "mistake", "offset": 3, "line": 1, "column")"));
}

TEST_F(RulesCommandTest, NamesWhatItCannotRead) {
  const std::pair<const char*, const char*> cases[] = {
      {"{", "is no JSON"},
      {"{}", "expr: is required"},
      {R"({"expr": "x", "bindings": {"x": {"uint64_value": "1"}}})",
       "bindings: x: 'uint64_value' is no value of rules"},
      {R"({"expr": "x", "bindings": {"x": {"int64_value": "1.5"}}})", "int64_value: is no 64-bit int"},
      {R"({"expr": "x", "bindings": {"x": {"int64_value": 9223372036854775807}}})", "write it in quotes"},
      {R"({"expr": "x", "bindings": {"x": {"list_value": {"values": [{"int64_value": "1"}, {"string_value": ""}]}}}})",
       "elements of several types, int and string"},
      {R"({"expr": "x", "bindings": {"x": {"map_value": {"entries": [{"key": {"double_value": 1}, "value":
           {"int64_value": "1"}}]}}}})",
       "the keys of a map are bool, int or string"},
      {R"({"expr": "x", "type_env": [{"name": "x", "ident": {"type": {"primitive": "BYTES"}}}]})",
       "type_env: x: primitive: 'BYTES' is no type of rules"},
  };
  for (const auto& [line, expected] : cases) {
    bool readable = true;
    EXPECT_THAT(AnswerLine(line, &readable), HasSubstr(expected)) << line;
    EXPECT_FALSE(readable) << line;
  }
}

TEST_F(RulesCommandTest, TheReferenceDocumentIsTheRegistrys) {
  const std::string path = absl::StrCat(NBO_SOURCE_DIR, "/core/catalog/VOCABULARY.md");
  std::ifstream file(path, std::ios::binary);
  EXPECT_EQ(VocabularyMarkdown(), std::string(std::istreambuf_iterator<char>(file), {}))
      << "run build/bin/nboctl rules vars --markdown > core/catalog/VOCABULARY.md";
}

TEST_F(RulesCommandTest, ShowsOfALongLineOnlyTheSurroundingsOfAMistake) {
  std::string rule;
  for (int i = 0; i < 120; ++i) rule += "1 == 1 && ";
  EXPECT_EQ(Eval({rule + "\"\u0436\u0436\" == nope && " + rule + "true"}), 2);
  const std::vector<std::string> lines = absl::StrSplit(err_.str(), '\n');
  ASSERT_GE(lines.size(), 3u);
  EXPECT_LE(lines[1].size(), 2u + 200u + 2u);
  const size_t caret = lines[2].find('^');
  EXPECT_EQ(lines[1].substr(caret + 2, 4), "nope") << "two characters of two bytes stand before it";
}

TEST_F(RulesCommandTest, ListsTheVocabulary) {
  EXPECT_EQ(Run({"rules", "vars"}), 0);
  for (const char* name :
       {"customer.recency_days", "basket.lines", "category(\"...\").share", "offer.in_basket", "now"}) {
    EXPECT_THAT(out_.str(), HasSubstr(name));
  }
  EXPECT_EQ(Run({"rules", "vars", "--json"}), 0);
  EXPECT_GT(Json().fields().at("variables").list_value().values_size(), 60);
}

}  // namespace
}  // namespace nbo::ctl
