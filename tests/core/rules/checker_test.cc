#include "tests/core/rules/rule_fixture.h"

namespace nbo::rules {
namespace {

class CheckerTest : public RuleTest {};

TEST_F(CheckerTest, SuggestsTheNameThatWasMeant) {
  EXPECT_EQ(Mistakes("customer.recencydays > 3"),
            "0: unknown name 'customer.recencydays'; did you mean 'customer.recency_days'?");
  EXPECT_EQ(Mistakes("true && recency_days > 3"),
            "8: unknown name 'recency_days'; did you mean 'customer.recency_days'?");
  EXPECT_EQ(Mistakes("KIOSK == request.channel"), "0: unknown name 'KIOSK'; a text must stand in quotes");
  EXPECT_EQ(Mistakes("category('YOGURT').shares > 0.1"), "19: 'category' has no field 'shares'; did you mean 'share'?");
  EXPECT_EQ(Mistakes("category('YOGURT').colour > 0.1"),
            "19: 'category' has no field 'colour'; its fields are share, orders");
  EXPECT_EQ(Mistakes("categry('YOGURT').share > 0.1"), "0: unknown name 'categry'; did you mean 'category'?");
  EXPECT_EQ(Mistakes("customer.name.startswith('Z')"), "14: unknown function 'startswith'; did you mean 'startsWith'?");
  EXPECT_EQ(Mistakes("category > 3"), "0: unknown name 'category'; it is a family: write category(\"text\").field");
}

TEST_F(CheckerTest, FindsEveryMistakeInOnePass) {
  EXPECT_EQ(Mistakes("customer.recencydays > 3 && customer.spent < 1.0 && customer.name > 3 && customer.spend"),
            "0: unknown name 'customer.recencydays'; did you mean 'customer.recency_days'?\n"
            "28: unknown name 'customer.spent'; did you mean 'customer.spend'?\n"
            "66: '>' cannot compare string with int; write it as a text: \"3\"\n"
            "73: '&&' needs bool on both sides, but this is double; compare it, for example customer.spend > 0");
}

TEST_F(CheckerTest, NamesOperatorTypesAndRemedy) {
  EXPECT_EQ(Mistakes("customer.spend + 1 > 3.0"), "15: '+' cannot add double and int; write 1.0");
  EXPECT_EQ(Mistakes("customer.spend / customer.frequency_30d > 3.0"),
            "15: '/' cannot divide double and int; write double(customer.frequency_30d)");
  EXPECT_EQ(Mistakes("customer.spend % 2 == 0"),
            "15: '%' cannot take the remainder of double and int; it works on whole numbers: write "
            "int(customer.spend)");
  EXPECT_EQ(Mistakes("customer.recency_days == '3'"),
            "22: '==' cannot compare int with string; write the number without quotes: 3");
  EXPECT_EQ(Mistakes("request.attributes.k > customer.recency_days"),
            "21: '>' cannot compare string with int; turn the text into a number: int(request.attributes.k)");
  EXPECT_EQ(Mistakes("1 < customer.recency_days < 5"),
            "26: '<' cannot compare bool with int; a chain such as 1 < x < 5 is written 1 < x && x < 5");
  EXPECT_EQ(Mistakes("customer.segments == 'vip'"),
            "18: '==' cannot compare list(string) with string; write 'in' to look for a value in a list");
  EXPECT_EQ(Mistakes("request.channel in 'POS'"),
            "16: 'in' cannot look for string in string; write a list on the right: ['POS']");
  EXPECT_EQ(Mistakes("request.channel in [1, 2]"),
            "16: 'in' cannot look for string in list(int); the list must hold values of the type on the left");
  EXPECT_EQ(Mistakes("customer.segments < ['a']"),
            "18: '<' cannot order list(string) and list(string); lists can only be compared with '==' and '!='");
  EXPECT_EQ(Mistakes("!customer.recency_days"),
            "0: '!' cannot negate int; compare it, for example customer.recency_days > 0");
  EXPECT_EQ(Mistakes("-customer.name == ''"), "0: '-' cannot negate string; it takes a number");
  EXPECT_EQ(Mistakes("customer.is_member ? 1 : 2.0", Type::kDouble),
            "19: '?' must give one type, but gives int or double; write 1.0");
  EXPECT_EQ(Mistakes("customer.name ? true : false"),
            "0: '?' needs bool before it, but this is string; compare it, for example customer.name == \"abc\"");
}

TEST_F(CheckerTest, TheResultMustHaveTheExpectedType) {
  EXPECT_EQ(Mistakes("customer.recency_days"),
            "0: the result must be bool, but this gives int; compare it, for example customer.recency_days > 0");
  EXPECT_EQ(Mistakes("customer.spend", Type::kInt),
            "0: the result must be int, but this gives double; write int(...) around it");
  EXPECT_EQ(Mistakes("customer.is_member", Type::kDouble),
            "0: the result must be double, but this gives bool; write condition ? 1 : 0 to turn it into a number");
  EXPECT_EQ(Mistakes("customer.recency_days", Type::kDouble), "");
}

TEST_F(CheckerTest, ListsHoldFixedValuesOfOneType) {
  EXPECT_EQ(Mistakes("1 in [1, 2.0]"),
            "9: a list holds values of one type, but this is double and the first is int; write all numbers with a "
            "point, such as 1.0");
  EXPECT_EQ(Mistakes("1 in [customer.recency_days, 2]"),
            "6: a list may hold only fixed values such as 3 or \"abc\"; write x == a || x == b to compare with names");
  EXPECT_EQ(Mistakes("1 in [[1]]"), "6: a list cannot hold lists; write all values in one list");
  EXPECT_EQ(Mistakes("1 in [1, 2 / 0]"), "9: this list element cannot be computed: division by zero");
}

TEST_F(CheckerTest, FamiliesTakeOneTextInQuotesAndAField) {
  EXPECT_EQ(Mistakes("category(customer.name).share > 0.1"),
            "0: 'category' needs one text in quotes; write category(\"text\").share");
  EXPECT_EQ(Mistakes("category().share > 0.1"),
            "0: 'category' needs one text in quotes; write category(\"text\").share");
  EXPECT_EQ(Mistakes("category('YOGURT') > 0.1"), "0: 'category' needs a field; write category('YOGURT').share");
}

TEST_F(CheckerTest, HasTakesAName) {
  EXPECT_EQ(Mistakes("has(customer.recency_days > 3)"),
            "4: 'has' takes a name, not a value; write has(name), has(family(\"text\").field) or has(map.key)");
  EXPECT_EQ(Mistakes("has(request.attributes['k'])"), "4: 'has' takes a name; write \"key\" in map to look for a key");
  EXPECT_EQ(Mistakes("has(customer.birthday)"), "4: unknown name 'customer.birthday'; a text must stand in quotes");
  EXPECT_EQ(Mistakes("has()"), "0: 'has' takes one name; write has(name), has(family(\"text\").field) or has(map.key)");
}

TEST_F(CheckerTest, CallsNeedTheRightArguments) {
  EXPECT_EQ(Mistakes("size(3) > 1"), "0: 'size' cannot take int; size(x) takes one string or list");
  EXPECT_EQ(Mistakes("size(customer.name, 1) > 1"),
            "0: 'size' has the wrong number of arguments; size(x) takes one string or list");
  EXPECT_EQ(Mistakes("customer.name.contains(3)"),
            "14: 'contains' cannot take string and int; both must be strings: write name.contains(\"abc\")");
  EXPECT_EQ(Mistakes("contains(customer.name, 'a')"),
            "0: 'contains' is not called this way; write name.contains(\"abc\")");
  EXPECT_EQ(Mistakes("frobnicate(1)"),
            "0: unknown function 'frobnicate'; there are has, size, int, double, startsWith, endsWith and contains");
}

TEST_F(CheckerTest, SaysWhatOfCelIsLeftOut) {
  EXPECT_EQ(Mistakes("customer.segments.exists(s, s == 'vip')"),
            "18: 'exists' is not supported yet; write 'x in list' to ask whether a list holds a value");
  EXPECT_EQ(Mistakes("customer.name + 'x' == 'y'"),
            "14: '+' cannot add string and string; joining texts or lists is not supported: write the whole value, or "
            "test the parts one by one with '&&'");
  EXPECT_EQ(Mistakes("string(3) == '3'"), "0: 'string' is not supported yet; compare numbers as numbers");
  EXPECT_EQ(Mistakes("timestamp('x') == 1"), "0: 'timestamp' is not supported yet; use a variable that counts days");
  EXPECT_EQ(Mistakes("customer.spend == null"),
            "18: null is not supported; write has(name) to ask whether a name has a value");
  EXPECT_EQ(Mistakes("5u > 3u"), "0: unsigned numbers are not supported; write 5 without the 'u'");
  EXPECT_EQ(Mistakes("b'x' == b'x'"), "0: bytes are not supported; write an ordinary text in quotes");
  EXPECT_EQ(Mistakes("{'a': 1}.a == 1"),
            "0: maps and messages cannot be written in a rule; only lists such as [\"a\", \"b\"]");
}

TEST_F(CheckerTest, FieldsAreTakenFromMapsOnly) {
  EXPECT_EQ(Mistakes("customer.name.first == 'x'"),
            "14: 'first' cannot be taken from string; only maps and families have fields");
  EXPECT_EQ(Mistakes("customer.recency_days[0] == 1"), "21: '[]' cannot look into int; only lists and maps");
  EXPECT_EQ(Mistakes("customer.segments['a'] == 'b'"),
            "17: '[]' cannot look up string in list(string); the place in a list is an int, 0 for the first");
  EXPECT_EQ(Mistakes("request.attributes[0] == 'b'"),
            "18: '[]' cannot look up int in map(string, string); the key of a map is a text in quotes");
  EXPECT_EQ(Mistakes("request.attributes == request.attributes"),
            "19: '==' cannot compare map(string, string) with map(string, string); compare the values under one key, "
            "for example m[\"key\"]");
}

}  // namespace
}  // namespace nbo::rules
