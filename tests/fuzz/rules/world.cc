#include "tests/fuzz/rules/world.h"

#include <cstring>
#include <limits>

#include "core/rules/times.h"

namespace nbo::fuzz {
namespace {

using rules::Environment;
using rules::Kind;
using rules::MapEntry;
using rules::Type;
using rules::Value;

constexpr int kMostElements = 6;  // of lists and maps; variables that declare a bound declare this one

uint64_t KeyOf(absl::string_view argument) {
  uint64_t key = 17;
  for (const char c : argument) key = key * 31 + static_cast<unsigned char>(c);
  return key;
}

void AddScalars(Environment* environment) {
  for (const auto& [name, type] : std::vector<std::pair<std::string, Type>>{{"flag", Type::kBool},
                                                                            {"n", Type::kInt},
                                                                            {"x", Type::kDouble},
                                                                            {"s", Type::kString},
                                                                            {"at", Type::kTimestamp},
                                                                            {"span", Type::kDuration}}) {
    environment->AddVariable({name, type, false, ""});
    environment->AddVariable({"other." + name, type, true, ""});
  }
}

void AddLists(Environment* environment) {
  const auto add = [&](const char* name, Type type, int max_size) {
    environment->AddVariable({name, type, true, "", max_size});
  };
  add("flags", Type::kBoolList, 0);
  add("ints", Type::kIntList, kMostElements);
  add("doubles", Type::kDoubleList, kMostElements);
  add("texts", Type::kStringList, kMostElements);
  add("times", Type::List(Type::kTimestamp), kMostElements);
  add("spans", Type::List(Type::kDuration), 0);
  add("nested", Type::List(Type::kIntList), kMostElements);
  add("words", Type::kStringMap, kMostElements);
  add("by_number", Type::Map(Type::kInt, Type::kDouble), 0);
  add("by_flag", Type::Map(Type::kBool, Type::kStringList), kMostElements);
  add("deep", Type::Map(Type::kString, Type::Map(Type::kString, Type::kInt)), kMostElements);
  add("p", Type::Map(Type::kString, Type::kInt), kMostElements);
  add("p.q", Type::kInt, 0);  // longer than p, so that p.q is this one
}

void AddObjects(Environment* environment) {
  const Type pair = environment->AddClass({"pair", "", {{"a", Type::kInt, false, ""}, {"b", Type::kString, true, ""}}});
  const Type item = environment->AddClass({"item",
                                           "",
                                           {{"name", Type::kString, true, ""},
                                            {"price", Type::kDouble, false, ""},
                                            {"count", Type::kInt, true, ""},
                                            {"tags", Type::kStringList, true, "", kMostElements},
                                            {"since", Type::kTimestamp, true, ""},
                                            {"pair", pair, true, ""},
                                            {"pairs", Type::List(pair), false, ""}}});
  environment->AddVariable({"item", item, true, ""});
  environment->AddVariable({"items", Type::List(item), false, "", kMostElements});
  environment->AddVariable({"by_name", Type::Map(Type::kString, item), true, "", kMostElements});
}

void AddFamilies(Environment* environment) {
  environment->AddFamily({"fact",
                          "",
                          {{"share", Type::kDouble, true, ""},
                           {"count", Type::kInt, false, ""},
                           {"label", Type::kString, false, ""},
                           {"good", Type::kBool, false, ""}},
                          &KeyOf});
  environment->AddFamily({"other.fact", "", {{"since", Type::kTimestamp, true, ""}}, &KeyOf});
}

}  // namespace

const Environment& WorldEnvironment() {
  static const Environment* const environment = [] {
    auto* made = new Environment;
    AddScalars(made);
    AddLists(made);
    AddObjects(made);
    AddFamilies(made);
    return made;
  }();
  return *environment;
}

const std::vector<std::string>& Words() {
  static const auto* const words = new std::vector<std::string>{"a",
                                                                "b",
                                                                "",
                                                                "ab",
                                                                "abc",
                                                                "q",
                                                                "name",
                                                                "12",
                                                                "-7",
                                                                "1.5",
                                                                "true",
                                                                "0",
                                                                "1e3",
                                                                "nan",
                                                                "-inf",
                                                                "9223372036854775808",
                                                                "2026-01-31T18:30:00Z",
                                                                "1969-12-31T23:59:59.999999999+01:00",
                                                                "0001-01-01T00:00:00Z",
                                                                "9999-12-31T23:59:59.5Z",
                                                                "1h30m",
                                                                "-0.5s",
                                                                "90s",
                                                                "1.000000001s",
                                                                "2562047h",
                                                                "Europe/Berlin",
                                                                "+01:30",
                                                                "-02:00",
                                                                "UTC",
                                                                "Mars",
                                                                "Zo\xC3\xAB",
                                                                "\xE2\x82\xAC",
                                                                "\xF0\x9F\x98\x80",
                                                                "a b\n",
                                                                "x.*"};
  return *words;
}

World::World(ByteSource* source) : source_(*source) {
  const Environment& environment = WorldEnvironment();
  for (const rules::Variable& variable : environment.variables()) {
    bool exact = true;
    const int slot = static_cast<int>(values_.size());
    values_.push_back(MakeSlot(variable, &exact));
    if (exact && source_.Below(2) == 0) constants_.push_back({slot, values_.back()});
  }
  slots = values_;
  for (size_t family = 0; family < environment.families().size(); ++family) {
    for (int count = source_.Below(4); count > 0; --count) {
      const std::string& argument = Words()[source_.Below(4)];
      std::vector<Value> fields;
      for (const rules::Field& field : environment.families()[family].fields) {
        fields.push_back(field.optional && source_.OneIn(4) ? Value::Null() : Make(field.type));
      }
      facts_[{static_cast<int>(family), KeyOf(argument)}] = std::move(fields);
    }
  }
}

Value World::MakeSlot(const rules::Variable& variable, bool* exact) {
  const int quirk = source_.Below(16);
  *exact = quirk < 13;
  if (quirk == 13) return Value::Null();
  if (quirk == 14 && variable.type == Type::kDouble) return Value::Int(MakeInt());
  if (quirk == 15) return Make(source_.OneIn(2) ? Type::kBool : Type::kInt);
  *exact = true;
  return Make(variable.type);
}

int64_t World::MakeInt() {
  static constexpr int64_t kSpecial[] = {0,
                                         1,
                                         2,
                                         3,
                                         -1,
                                         -2,
                                         7,
                                         100,
                                         std::numeric_limits<int64_t>::max(),
                                         std::numeric_limits<int64_t>::min(),
                                         int64_t{1} << 53,
                                         (int64_t{1} << 53) + 1,
                                         rules::kMaxTimestampSeconds,
                                         rules::kMinTimestampSeconds};
  const int choice = source_.Below(16);
  return choice < 14 ? kSpecial[choice] : static_cast<int64_t>(source_.Word());
}

double World::MakeDouble() {
  static constexpr double kSpecial[] = {0.0,
                                        1.0,
                                        -0.0,
                                        0.5,
                                        -1.5,
                                        2.0,
                                        3.0,
                                        1e308,
                                        5e-324,
                                        9007199254740992.0,
                                        9223372036854775808.0,
                                        std::numeric_limits<double>::infinity(),
                                        -std::numeric_limits<double>::infinity(),
                                        std::numeric_limits<double>::quiet_NaN()};
  const int choice = source_.Below(16);
  if (choice < 14) return kSpecial[choice];
  const uint64_t bits = source_.Word();
  double made;
  std::memcpy(&made, &bits, sizeof(made));
  return made;
}

Value World::Make(Type type) {
  switch (type.kind()) {
    case Kind::kBool: return Value::Bool(source_.OneIn(2));
    case Kind::kInt: return Value::Int(MakeInt());
    case Kind::kDouble: return Value::Double(MakeDouble());
    case Kind::kString: return Value::String(Words()[source_.Below(static_cast<int>(Words().size()))]);
    case Kind::kTimestamp: {
      static constexpr int64_t kSeconds[] = {
          0,         1767366000, -1, rules::kMinTimestampSeconds, rules::kMaxTimestampSeconds,
          1774746000 /* Europe springs forward */};
      return Value::Timestamp(kSeconds[source_.Below(6)], source_.Below(3) * 499'999'999u);
    }
    case Kind::kDuration: {
      static constexpr int64_t kSeconds[] = {
          0, 90, -1, 86'400, rules::kMaxDurationSeconds - 1, -rules::kMaxDurationSeconds};
      return Value::Duration(kSeconds[source_.Below(6)], source_.Below(3) * 499'999'999u);
    }
    case Kind::kList: return MakeList(type);
    case Kind::kMap: return MakeMap(type);
    default: return MakeObject(type);
  }
}

Value World::MakeList(Type type) {
  std::vector<Value> list;
  for (int size = source_.Below(kMostElements + 1); size > 0; --size) list.push_back(Make(type.element()));
  return Value::List(lists_.emplace_back(std::move(list)));
}

Value World::MakeMap(Type type) {
  std::vector<MapEntry> map;
  for (int size = source_.Below(kMostElements + 1); size > 0; --size) {
    const Value key = Make(type.key());
    if (rules::FindKey(Value::Map(map), key) == nullptr) map.push_back({key, Make(type.value())});
    rules::SortEntries(absl::MakeSpan(map));
  }
  return Value::Map(maps_.emplace_back(std::move(map)));
}

Value World::MakeObject(Type type) {
  std::vector<Value> fields;
  for (const rules::Field& field : WorldEnvironment().ClassOf(type).fields) {
    fields.push_back(field.optional && source_.OneIn(4) ? Value::Null() : Make(field.type));
  }
  return Value::Object(lists_.emplace_back(std::move(fields)));
}

Value World::Fact(int family, uint64_t key, int field) const {
  const auto found = facts_.find({family, key});
  return found == facts_.end() ? WorldEnvironment().AbsentFact(family, field) : found->second[field];
}

void World::ForEachKey(int family, absl::FunctionRef<void(uint64_t key)> visit) const {
  for (const auto& [name, fields] : facts_) {
    if (name.first == family) visit(name.second);
  }
}

}  // namespace nbo::fuzz
