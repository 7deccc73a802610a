#include "core/rules/value.h"

#include <limits>

#include "core/rules/compare.h"
#include "tests/core/rules/rule_fixture.h"

namespace nbo::rules {
namespace {

TEST(ValueTest, PrintsLiteralsOfTheLanguage) {
  const std::vector<Value> texts = {Value::String("a"), Value::String("b\"")};
  const std::vector<Value> doubles = {Value::Double(1), Value::Double(0.1)};
  const std::vector<Value> mixed = {Value::Bool(true), Value::Null(), Value::List(doubles)};
  const std::vector<MapEntry> entries = {{Value::Int(1), Value::String("x")}, {Value::Int(2), Value::Null()}};
  EXPECT_EQ(Value::Int(-3).ToString(), "-3");
  EXPECT_EQ(Value::Double(3).ToString(), "3.0");
  EXPECT_EQ(Value::Double(0.1).ToString(), "0.1");
  EXPECT_EQ(Value::Double(1e300).ToString(), "1e+300");
  EXPECT_EQ(Value::Bool(true).ToString(), "true");
  EXPECT_EQ(Value::String("Zoë \"\n").ToString(), "\"Zoë \\\"\\n\"");
  EXPECT_EQ(Value::List(texts).ToString(), "[\"a\", \"b\\\"\"]");
  EXPECT_EQ(Value::List(mixed).ToString(), "[true, null, [1.0, 0.1]]");
  EXPECT_EQ(Value::List({}).ToString(), "[]");
  EXPECT_EQ(Value::Map(entries).ToString(), "{1: \"x\", 2: null}");
  EXPECT_EQ(Value::Object(texts).ToString(), "{\"a\", \"b\\\"\"}");
  EXPECT_EQ(Value::Timestamp(1234567890, 500000000).ToString(), "timestamp(\"2009-02-13T23:31:30.5Z\")");
  EXPECT_EQ(Value::Duration(-1, 750000000).ToString(), "duration(\"-0.25s\")");
  EXPECT_EQ(Value::Null().ToString(), "no value");
  EXPECT_EQ(Value::Error(EvalError::kDivideByZero).ToString(), "error: division by zero");
  EXPECT_EQ(Value::List(std::vector<Value>(kShownElements + 1, Value::Int(7))).ToString().substr(295), "7, 7, ...]");
}

TEST(ValueTest, IsSmallAndTrivial) {
  EXPECT_EQ(sizeof(Value), 16u);
  EXPECT_TRUE(std::is_trivially_copyable_v<Value>);
}

TEST(ValueTest, MapsAreSearchedByKey) {
  for (const int size : {0, 1, 8, 9, 100}) {
    std::vector<MapEntry> entries;
    for (int i = size; i > 0; --i) entries.push_back({Value::Int(2 * i), Value::Int(i)});
    EXPECT_TRUE(SortEntries(absl::MakeSpan(entries)));
    const Value map = Value::Map(entries);
    for (int i = 1; i <= size; ++i) {
      ASSERT_NE(FindKey(map, Value::Int(2 * i)), nullptr);
      EXPECT_EQ(FindKey(map, Value::Int(2 * i))->int_value(), i);
    }
    for (int i = 0; i <= size; ++i) EXPECT_EQ(FindKey(map, Value::Int(2 * i + 1)), nullptr);
    EXPECT_EQ(FindKey(map, Value::String("x")), nullptr);
  }
  std::vector<MapEntry> twice = {
      {Value::String("b"), Value()}, {Value::String("a"), Value()}, {Value::String("b"), {}}};
  EXPECT_FALSE(SortEntries(absl::MakeSpan(twice)));
}

TEST(TypeTest, NestsAndNamesTypes) {
  const Type nested = Type::Map(Type::kInt, Type::List(Type::List(Type::kDuration)));
  EXPECT_EQ(TypeName(nested), "map(int, list(list(duration)))");
  EXPECT_EQ(nested.kind(), Kind::kMap);
  EXPECT_EQ(nested.key(), Type::kInt);
  EXPECT_EQ(nested.value().element().element(), Type::kDuration);
  EXPECT_EQ(Type::List(Type::kString), Type::kStringList);
  EXPECT_EQ(Type::Object(300).class_number(), 300);
  EXPECT_EQ(Type::List(Type::Object(7)).element().class_number(), 7);
  Type deep = Type::kInt;
  int levels = 0;
  for (; deep != Type::kError; ++levels) deep = Type::List(deep);
  EXPECT_EQ(levels, 16);
  EXPECT_EQ(Type::List(Type::kError), Type::kError);
}

TEST(TypeTest, UnifiesEmptyListsAndMapsWithOthers) {
  const Type empty_list = Type::List(Type::kAny);
  const Type empty_map = Type::Map(Type::kAny, Type::kAny);
  EXPECT_EQ(Unify(empty_list, Type::kIntList), Type::kIntList);
  EXPECT_EQ(Unify(Type::kStringMap, empty_map), Type::kStringMap);
  EXPECT_EQ(Unify(Type::List(empty_list), Type::List(Type::kIntList)), Type::List(Type::kIntList));
  EXPECT_EQ(Unify(Type::kIntList, Type::kDoubleList), std::nullopt);
  EXPECT_EQ(Unify(empty_list, empty_map), std::nullopt);
  EXPECT_EQ(Unify(Type::Object(1), Type::Object(2)), std::nullopt);
  EXPECT_TRUE(AreEquatable(Type::kIntList, Type::kDoubleList));
  EXPECT_TRUE(AreEquatable(Type::Map(Type::kString, Type::kInt), Type::Map(Type::kString, Type::kDouble)));
  EXPECT_FALSE(AreEquatable(Type::Map(Type::kString, Type::kInt), Type::Map(Type::kInt, Type::kInt)));
  EXPECT_FALSE(AreEquatable(Type::kNull, Type::kInt));
}

TEST(CompareTest, IsExactAtTheEndsOfInt) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  EXPECT_EQ(Compare(kMax, 9223372036854775808.0), kLess);
  EXPECT_EQ(Compare(kMin, -9223372036854775808.0), kSame);
  EXPECT_EQ(Compare(kMin, -9223372036854777856.0), kGreater);
  EXPECT_EQ(Compare(int64_t{-1}, -1.5), kGreater);
  EXPECT_EQ(Compare(int64_t{0}, -0.5), kGreater);
  EXPECT_EQ(Compare(0.5, int64_t{0}), kGreater);
  EXPECT_EQ(Compare(int64_t{0}, -0.0), kSame);
  EXPECT_EQ(Compare(int64_t{0}, std::numeric_limits<double>::quiet_NaN()), kUnordered);
}

TEST(CompareTest, EqualityGoesInDepth) {
  const std::vector<Value> ints = {Value::Int(1), Value::Int(2)};
  const std::vector<Value> doubles = {Value::Double(1), Value::Double(2)};
  const std::vector<Value> nested_ints = {Value::List(ints), Value::List({})};
  const std::vector<Value> nested_doubles = {Value::List(doubles), Value::List({})};
  EXPECT_TRUE(AreEqual(Value::List(nested_ints), Value::List(nested_doubles)));
  EXPECT_FALSE(AreEqual(Value::List(nested_ints), Value::List(ints)));
  EXPECT_FALSE(AreEqual(Value::Null(), Value::Int(0)));
  EXPECT_FALSE(AreEqual(Value::Timestamp(0, 1), Value::Timestamp(0, 2)));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(AreEqual(Value::Double(nan), Value::Double(nan)));
  const std::vector<MapEntry> a = {{Value::String("k"), Value::List(ints)}};
  const std::vector<MapEntry> b = {{Value::String("k"), Value::List(doubles)}};
  const std::vector<MapEntry> c = {{Value::String("j"), Value::List(doubles)}};
  EXPECT_TRUE(AreEqual(Value::Map(a), Value::Map(b)));
  EXPECT_FALSE(AreEqual(Value::Map(c), Value::Map(b)));
}

TEST(EnvironmentTest, FindsTheNearestName) {
  Environment environment;
  EXPECT_EQ(environment.AddVariable({"customer.recency_days", Type::kInt, false, ""}), 0);
  EXPECT_EQ(environment.AddVariable({"customer.spend", Type::kDouble, false, ""}), 1);
  EXPECT_EQ(environment.FindVariable("customer.spend"), 1);
  EXPECT_EQ(environment.FindVariable("customer"), std::nullopt);
  EXPECT_EQ(environment.NearestVariable("Customer.Spent"), "customer.spend");
  EXPECT_EQ(environment.NearestVariable("spend"), "customer.spend");
  EXPECT_EQ(environment.NearestVariable("weather"), "");
  EXPECT_EQ(environment.NearestVariable(std::string(4000, 'x')), "");
}

TEST(EnvironmentTest, NamesClassesInTypes) {
  Environment environment;
  const Type line = environment.AddClass({"basket_line", "", {{"category", Type::kString, false, ""}}});
  EXPECT_EQ(environment.NameOf(Type::List(line)), "list(basket_line)");
  EXPECT_EQ(environment.NameOf(Type::Map(Type::kString, line)), "map(string, basket_line)");
  EXPECT_EQ(environment.ClassOf(line).fields[0].name, "category");
}

TEST(ArenaTest, GivesBackWhatCameAfterAMark) {
  Arena arena;
  EXPECT_EQ(arena.bytes(), 0u);
  void* const first = arena.Allocate(10);
  const Arena::Mark mark = arena.Now();
  void* const second = arena.Allocate(100);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(second) % alignof(std::max_align_t), 0u);
  for (int i = 0; i < 100; ++i) arena.NewArray<Value>(1000);
  arena.Rewind(mark);
  EXPECT_EQ(arena.bytes(), 16u);
  EXPECT_EQ(arena.Allocate(100), second);
  arena.Reset();
  EXPECT_EQ(arena.Allocate(1), first);
}

}  // namespace
}  // namespace nbo::rules
