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

TEST_F(CheckerTest, ListsAndMapsHoldValuesOfOneType) {
  EXPECT_EQ(Mistakes("1 in [1, 2.0]"),
            "9: a list holds values of one type, but this is double and the first is int; write all numbers with a "
            "point, such as 1.0");
  EXPECT_EQ(Mistakes("1 in [customer.recency_days, 2]"), "");
  EXPECT_EQ(Mistakes("[1] in [[1]] && [[], [1]] == [[1], []] && {} == {'a': {}}"), "");
  EXPECT_EQ(Mistakes("1 in [[1]]"),
            "2: 'in' cannot look for int in list(list(int)); the list must hold values of the type on the left");
  EXPECT_EQ(Mistakes("[1, null] == [1]"),
            "4: a list holds values of one type, but this is null and the first is int; write all values alike");
  EXPECT_EQ(Mistakes("size({'a': 1, 'b': 'c'}) == 2"),
            "19: a map holds values of one type, but this is string and the first is int; write all values alike");
  EXPECT_EQ(Mistakes("size({'a': 1, 2: 3}) == 2"),
            "14: a map has keys of one type, but this is int and the first is string; write all values alike");
  EXPECT_EQ(Mistakes("size({1.5: 1}) == 1"), "6: a key of a map is a text, an int or a bool, but this is double");
  EXPECT_EQ(Mistakes("size({'a': 1, 'b': 2, 'a': 3}) == 3"),
            "22: the key \"a\" stands twice in the map; leave one out");
  EXPECT_EQ(Mistakes("size([[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]) == 1"),
            "6: the lists are nested too deeply; make fewer levels");
}

TEST_F(CheckerTest, MacrosNeedANameAndACondition) {
  EXPECT_EQ(
      Mistakes("customer.segments.exists(1, true)"),
      "25: the first argument of 'exists' must be a new name such as x; write list.exists(x, x > 0): x is the name "
      "for one element");
  EXPECT_EQ(Mistakes("customer.segments.exists(s, s)"),
            "28: 'exists' needs a bool as condition, but this is string; compare it, for example s == \"abc\"");
  EXPECT_EQ(Mistakes("customer.segments.all(s)"),
            "18: 'all' is not called this way; write list.all(x, x > 0): x is the name for one element");
  EXPECT_EQ(Mistakes("all(customer.segments, s, true)"),
            "0: 'all' is not called this way; write list.all(x, x > 0): x is the name for one element");
  EXPECT_EQ(Mistakes("customer.name.exists(s, true)"),
            "0: 'exists' goes through a list or the keys of a map, but this is string");
  EXPECT_EQ(Mistakes("customer.segments.exists(s, s > 3)"),
            "30: '>' cannot compare string with int; write it as a text: \"3\"");
  EXPECT_EQ(Mistakes("customer.segments.exists(s, true) && s == 'vip'"),
            "37: unknown name 's'; a text must stand in quotes");
  EXPECT_EQ(Mistakes("customer.segments.map(s, size(s)) == ['vip']"),
            "34: '==' cannot compare list(int) with list(string); compare like with like");
  EXPECT_EQ(Mistakes("customer.segments.exist(s, true)"), "18: unknown function 'exist'; did you mean 'exists'?");
  EXPECT_EQ(Mistakes("customer.segments.exists(s, has(s))"), "32: 's' always has a value; 'has' takes a field of it");
}

TEST_F(CheckerTest, PatternsAreCompiledWithTheRule) {
  EXPECT_EQ(Mistakes("customer.name.matches('[')"),
            "22: this is not a valid pattern: missing ]: [; see RE2's syntax of regular expressions");
  EXPECT_EQ(
      Mistakes("true || customer.name.matches(request.channel)"),
      "30: the pattern of 'matches' must be a fixed text, which is compiled when the rule is; write it in quotes");
  EXPECT_EQ(Mistakes("customer.name.matches(r'\\pL{900}\\pN{900}')").substr(0, 35),
            "22: this is not a valid pattern: pa");
  EXPECT_EQ(Mistakes("customer.name.matches('^' + 'Z')"), "");
}

TEST_F(CheckerTest, TimesAreNotNumbers) {
  EXPECT_EQ(Mistakes("now > '2026-01-01'"),
            "4: '>' cannot compare timestamp with string; turn the text into a timestamp: timestamp('2026-01-01')");
  EXPECT_EQ(Mistakes("now - now > 3"),
            "10: '>' cannot compare duration with int; write the length of time as duration(\"24h\")");
  EXPECT_EQ(Mistakes("now + 3 == now"),
            "4: '+' cannot add timestamp and int; times can be taken from another, and a duration added to a time, for "
            "example now - duration(\"24h\")");
  EXPECT_EQ(Mistakes("now + now == now").substr(0, 37), "4: '+' cannot add timestamp and times");
  EXPECT_EQ(Mistakes("now"),
            "0: the result must be bool, but this gives timestamp; compare it, for example now > "
            "timestamp(\"2026-01-31T00:00:00Z\")");
  EXPECT_EQ(Mistakes("(now - now).getFullYear() == 1").substr(0, 43), "12: 'getFullYear' cannot take duration; wri");
}

TEST_F(CheckerTest, EveryClassHasATypeOfItsOwn) {
  for (int i = 0; i < 40; ++i) {
    const Type type = environment_.AddClass({"c" + std::to_string(i), "", {{"a", Type::kInt, false, ""}}});
    ASSERT_TRUE(IsObject(type)) << i;
    ASSERT_EQ(environment_.ClassOf(type).name, "c" + std::to_string(i));
    environment_.AddVariable({"all" + std::to_string(i), Type::List(type), false, ""});
    EXPECT_EQ(Mistakes("all" + std::to_string(i) + ".exists(x, x.a > 0)"), "");
  }
}

TEST_F(CheckerTest, ObjectsHaveTheirDeclaredFields) {
  EXPECT_EQ(Mistakes("basket.lines.exists(l, l.amuont > 1.0)"),
            "25: 'basket_line' has no field 'amuont'; did you mean 'amount'?");
  EXPECT_EQ(Mistakes("basket.lines.exists(l, l.colour == 'red')"),
            "25: 'basket_line' has no field 'colour'; its fields are category, amount, tags");
  EXPECT_EQ(Mistakes("basket.lines.exists(l, l > 1)"),
            "25: '>' cannot compare basket_line with int; compare like with like");
  EXPECT_EQ(Mistakes("basket.lines[0]"),
            "0: the result must be bool, but this gives basket_line; compare one of its fields");
  EXPECT_EQ(Mistakes("'x' in basket.lines"),
            "4: 'in' cannot look for string in list(basket_line); the list must hold values of the type on the left");
}

TEST_F(CheckerTest, WhatAlwaysFailsIsAMistake) {
  EXPECT_EQ(Mistakes("1 in [1, 2 / 0]"), "9: this always fails, and the rule with it: division by zero; correct it");
  EXPECT_EQ(Mistakes("customer.recency_days > 1 / 0"),
            "24: this always fails, and the rule with it: division by zero; correct it");
  EXPECT_EQ(Mistakes("now > timestamp('2026-02-30T00:00:00Z')").substr(0, 26), "6: this always fails, and ");
  EXPECT_EQ(Mistakes("now.getHours('Mars') > 5"),
            "13: this always fails, and the rule with it: there is no such time zone; correct it");
  EXPECT_EQ(Mistakes("customer.is_member ? 1 / 0 > 1 : [1][2] > 1").substr(0, 3), "21:");
  EXPECT_EQ(Mistakes("1 / 0 > 1 || [][0]").substr(0, 2), "0:");
  for (const absl::string_view absorbed :
       {"customer.is_member || 1 / 0 > 1", "1 / 0 > 1 && customer.is_member", "customer.is_member ? true : 1 / 0 > 1",
        "customer.segments.exists(s, 1 / 0 > 1)", "now.getHours('Mars') > 5 || customer.is_member"}) {
    EXPECT_EQ(Mistakes(absorbed), "") << absorbed;
  }
}

TEST_F(CheckerTest, WhatIsTooDearIsAMistake) {
  EXPECT_EQ(Mistakes("basket.lines.exists(a, basket.lines.exists(b, a.amount == b.amount))"), "");
  EXPECT_EQ(
      Mistakes("customer.is_member && customer.segments.exists(a, customer.segments.exists(b, a.contains(b)))"),
      "22: this could take 14005004 steps each time, more than the 250000 allowed; go through shorter lists, or not "
      "through one list for each element of another");
  const auto cost = [&](absl::string_view text) {
    return std::get<Expression>(Expression::Compile(text, environment_, Type::kBool)).cost();
  };
  EXPECT_LT(cost("customer.recency_days > 30"), 5);
  EXPECT_LT(cost("[1, 2, 3].exists(x, x == customer.recency_days)"), 30);
  EXPECT_GT(cost("customer.segments.exists(s, s == 'x')"), 1000 * 5);
  EXPECT_LT(cost("basket.lines.exists(l, l.amount > 1.0)"), 50 * 12);
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
  EXPECT_EQ(Mistakes("has(customer.birthday)"),
            "4: unknown name 'customer.birthday'; 'nboctl rules vars' lists what there is");
  EXPECT_EQ(Mistakes("has()"), "0: 'has' takes one name; write has(name), has(family(\"text\").field) or has(map.key)");
}

TEST_F(CheckerTest, CallsNeedTheRightArguments) {
  EXPECT_EQ(Mistakes("size(3) > 1"), "0: 'size' cannot take int; size(x) takes one string, list or map");
  EXPECT_EQ(Mistakes("size(customer.name, 1) > 1"),
            "0: 'size' has the wrong number of arguments; size(x) takes one string, list or map");
  EXPECT_EQ(Mistakes("customer.name.contains(3)"),
            "14: 'contains' cannot take string and int; both must be strings: write name.contains(\"abc\")");
  EXPECT_EQ(Mistakes("contains(customer.name, 'a')"),
            "0: 'contains' is not called this way; write name.contains(\"abc\")");
  EXPECT_EQ(
      Mistakes("frobnicate(1)"),
      "0: unknown function 'frobnicate'; there are has, all, exists, exists_one, filter, map, size, bool, int, double, "
      "string, timestamp, duration, startsWith, endsWith, contains, matches and the parts of a time such as getHours");
}

TEST_F(CheckerTest, SaysWhatOfCelIsLeftOut) {
  EXPECT_EQ(Mistakes("dyn(3) == 3"), "0: 'dyn' is not supported; every name has one fixed type");
  EXPECT_EQ(Mistakes("type(3) == 1"), "0: 'type' is not supported; every name has one fixed type");
  EXPECT_EQ(Mistakes("customer.name == int"),
            "17: 'int' is a type; types as values are not supported: every name has one fixed type");
  EXPECT_EQ(Mistakes("uint(3) == 3"), "0: 'uint' is not supported; use int(x)");
  EXPECT_EQ(Mistakes("customer.spend == null"),
            "15: '==' cannot compare double with null; nothing but null is null: write has(name) to ask whether a name "
            "has a value");
  EXPECT_EQ(Mistakes("customer.name + 3 == 'y'"), "14: '+' cannot add string and int; turn both into texts: string(3)");
  EXPECT_EQ(Mistakes("5u > 3u"), "0: unsigned numbers are not supported; write 5 without the 'u'");
  EXPECT_EQ(Mistakes("b'x' == b'x'"), "0: bytes are not supported; write an ordinary text in quotes");
  EXPECT_EQ(Mistakes("google.protobuf.Value{} == null"),
            "0: messages such as Name{field: value} are not supported; write a map such as {\"key\": value}");
}

TEST_F(CheckerTest, FieldsAreTakenFromMapsOnly) {
  EXPECT_EQ(Mistakes("customer.name.first == 'x'"),
            "14: 'first' cannot be taken from string; only objects, maps and families have fields");
  EXPECT_EQ(Mistakes("customer.recency_days[0] == 1"), "21: '[]' cannot look into int; only lists and maps");
  EXPECT_EQ(Mistakes("customer.segments['a'] == 'b'"),
            "17: '[]' cannot look up string in list(string); the place in a list is an int, 0 for the first");
  EXPECT_EQ(Mistakes("request.attributes[0] == 'b'"),
            "18: '[]' cannot look up int in map(string, string); the key of a map is a text in quotes");
  EXPECT_EQ(Mistakes("request.attributes < request.attributes"),
            "19: '<' cannot order map(string, string) and map(string, string); they can only be compared with '==' and "
            "'!='");
  EXPECT_EQ(Mistakes("{1: 'a'}.b == 'a'"),
            "9: '.b' cannot be looked up in map(int, string); write the key in brackets");
  EXPECT_EQ(Mistakes("{1: 'a'}['b'] == 'a'"),
            "8: '[]' cannot look up string in map(int, string); the keys of this map are int");
}

TEST_F(RuleTest, SlipsOfPeopleWhoKnowOtherLanguagesAreToldTheRemedy) {
  EXPECT_EQ(Mistakes("customer.is_member == TRUE"), "22: unknown name 'TRUE'; write true");
  EXPECT_EQ(Mistakes("customer.segments.contains(\"vip\")"),
            "18: 'contains' cannot take list(string) and string; to look for an element write \"abc\" in list");
  EXPECT_EQ(Mistakes("now.hour > 25"), "4: 'hour' cannot be taken from timestamp; write for example x.getHours()");
}

}  // namespace
}  // namespace nbo::rules
